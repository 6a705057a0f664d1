"""The floor: the most frequent training answer to each question, without a look at the clip."""

from collections import Counter

from baselines.vqa.questions import parse
from baselines.vqa.records import Answer


class PriorAnswerer:
    """Answers a question with the most probable answer to it among the training questions.

    Frequencies of one wording are smoothed towards those of all questions of its kind, as if `smoothing`
    more had been seen; ties go to the alphabetically first answer. A question that was not seen has a flag.
    """

    def __init__(self, smoothing=10.0):
        self.smoothing = smoothing

    def fit(self, questions):
        """Count the answers of training `Question`s; those without an answer are left out."""
        self.counts_ = {}
        for question in questions:
            for key in _keys(parse(question.text)) if question.answer else ():
                self.counts_.setdefault(key, Counter())[question.answer] += 1
        self.best_ = {}
        return self

    def answer(self, question, evidence=None):
        """Return the `Answer` to one `Question`; `evidence` is not looked at."""
        keys = _keys(parse(question.text))
        if keys[-1] not in self.best_:
            self.best_[keys[-1]] = self._most_probable(keys)
        return Answer(self.best_[keys[-1]], "" if keys[-1] in self.counts_ else "no training question like this one")

    def _most_probable(self, keys):
        shares = {}
        for counts in filter(None, map(self.counts_.get, keys)):
            total = counts.total() + self.smoothing
            shares = {a: (counts[a] + self.smoothing * shares.get(a, 0.0)) / total for a in {**shares, **counts}}
        return min(shares, key=lambda answer: (-shares[answer], answer), default="")

    def answer_clip(self, questions, evidence=None):
        """Return the `Answer`s to questions about one clip."""
        return [self.answer(question) for question in questions]


def _keys(question):
    """Return what a question has in common with others, from any question at all to the very same."""
    kind, wording = question.kind, question.number or question.scope
    return [(), (kind,), (kind, wording), (kind, wording, question.action_unit)]
