"""The recognizer: a recipe's way from clip representations to emotion classes."""

import itertools
import threading
from contextlib import contextmanager

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin

from baselines.errors import UNEXPECTED, InputError, one_line
from baselines.parts import build_part
from baselines.recognition.classifiers import class_scores, takes_weights
from baselines.recognition.inner_folds import choose, fit_temperature, softmax, split_groups
from baselines.recognition.kernels import Samples
from baselines.recognition.pipeline import build


class Recognizer(ClassifierMixin, BaseEstimator):
    """Emotion classes from clip representations (n, ...), by the steps of a recognition recipe.

    transforms, kernels, classifier: as in `pipeline.build`. choose: {one of these: its alternatives}; an alternative of
    `kernels` lists the numbers, from 0, of those it takes. class_weights: "balanced", training samples are weighted so
    that every class counts the same, whatever its size; "none", each sample counts the same; None, balanced by
    classifiers that can weigh samples. inner_folds, seed: int.

    Inner folds, which leave out some of the training subjects in turn, settle the combination of alternatives
    (`inner_folds.choose`) and the temperature that turns scores into probabilities.
    """

    def __init__(
        self, transforms=(), kernels=(), classifier=None, choose=None, class_weights=None, inner_folds=5, seed=0
    ):
        self.transforms = transforms
        self.kernels = kernels
        self.classifier = classifier
        self.choose = choose
        self.class_weights = class_weights
        self.inner_folds = inner_folds
        self.seed = seed

    @classmethod
    def from_recipe(cls, recipe, seed=0):
        """Return the unfitted recognizer of a recognition recipe."""
        names = ("transforms", "kernels", "classifier", "choose", "class_weights", "inner_folds")
        return cls(**{name: recipe.steps[name] for name in names if name in recipe.steps}, seed=seed)

    def share(self, samples):
        """Compute, once for all folds, what the recipe needs of each pair of `Samples`; return the samples."""
        return samples.share(self.views)

    @property
    def views(self):
        """The kernels of all alternatives."""
        return [view for steps in self._alternatives() for view in build(**steps)[0].views]

    def fit(self, X, y, groups=None):
        """Fit on representations X (n, ...), an array or `Samples`, and class names y (n,).

        groups (n,): the subject of each; inner folds never split one. Without it every sample stands for itself.
        """
        samples = _samples(X)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        groups = np.arange(len(codes)) if groups is None else np.asarray(groups)
        folds = split_groups(groups, self.inner_folds) if len(self.classes_) > 1 else []
        candidates = self._fit_pipelines(samples)
        # Inputs are our own arrays; checking them takes longer than the many small fits.
        with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
            scores = [self._inner_scores(*candidate, codes, folds) for candidate in candidates]
        self.chosen_ = choose(scores, codes, groups)
        self.pipeline_, settings, Z = candidates[self.chosen_]
        self.temperature_ = fit_temperature(scores[self.chosen_], codes)
        self.classifier_, _ = self._fit_classifier(settings, Z, codes)
        return self

    def decision_function(self, X):
        """Return (n, classes) scores of representations X (n, ...)."""
        Z = self.pipeline_.transform(_samples(X))
        return class_scores(self.classifier_, Z, np.arange(len(self.classes_)), len(self.classes_))

    def predict_proba(self, X):
        """Return (n, classes) probabilities, every class weighted equally."""
        return softmax(self.decision_function(X) / self.temperature_)

    def predict(self, X):
        """Return the class names (n,) of representations X (n, ...)."""
        return self.classes_[self.decision_function(X).argmax(axis=1)]

    def _alternatives(self):
        """Return the steps of each alternative: all combinations of what `choose` offers, first things first."""
        base = {"transforms": self.transforms, "kernels": self.kernels, "classifier": self.classifier}
        offered = {step: self.choose[step] for step in base if step in (self.choose or {})}
        found = []
        for values in itertools.product(*offered.values()):
            steps = base | dict(zip(offered, values))
            if "kernels" in offered:
                steps["kernels"] = [self.kernels[number] for number in steps["kernels"]]
            found.append(steps)
        return found

    def _fit_pipelines(self, samples):
        """Return (what it sees, settings of the classifier, what it sees of the samples) of each alternative."""
        candidates = []
        for steps in self._alternatives():
            pipeline, settings = build(**steps)
            candidates.append((*_LAST.fitted(pipeline, samples), settings))
        return [(pipeline, settings, Z) for pipeline, Z, settings in candidates]

    def _inner_scores(self, pipeline, settings, Z, codes, folds):
        """Return (n, classes) scores of every training sample by classifiers that did not see its group, or None."""
        if not folds:
            return None
        scores = np.empty((len(codes), len(self.classes_)))
        for out in folds:
            mine, others = _LAST.parted(pipeline, Z, out)
            classifier, known = self._fit_classifier(settings, mine, codes[~out])
            with _in_one_line(settings, codes[~out]):
                scores[out] = class_scores(classifier, others, known, len(self.classes_))
        return scores

    def _fit_classifier(self, settings, Z, codes):
        """Return (fitted classifier, the codes that its own classes 0, 1, ... stand for)."""
        known, own = np.unique(codes, return_inverse=True)
        if len(known) == 1:
            settings = {"name": "majority"}
        classifier = build_part("classifier", settings, self.seed)
        balanced = self.class_weights != "none" and takes_weights(classifier)
        with _in_one_line(settings, codes):
            return classifier.fit(Z, own, **({"sample_weight": _equal_classes(own)} if balanced else {})), known


class _Last(threading.local):
    """What was fitted on the training samples that came last: recipes that differ in the classifier see the same."""

    def __init__(self):
        self.samples, self.known, self.parts = None, {}, {}

    def fitted(self, pipeline, samples):
        """Return (the fitted pipeline, what it sees of the samples); a later one of its key is the same."""
        if self.samples != samples.key:
            self.samples, self.known, self.parts = samples.key, {}, {}
        key = type(pipeline).__name__, pipeline.key
        if key not in self.known:
            self.known[key] = pipeline, pipeline.fit_transform(samples)
        return self.known[key]

    def parted(self, pipeline, Z, out):
        """Return (Z of the samples outside a fold, Z of those in it), kept of kernels; Z: of `fitted`."""
        if not pipeline.views:  # long rows, which their parts would double
            return pipeline.part(Z, ~out, ~out), pipeline.part(Z, out, ~out)
        place = id(Z), out.tobytes()
        if place not in self.parts:
            self.parts[place] = pipeline.part(Z, ~out, ~out), pipeline.part(Z, out, ~out)
        return self.parts[place]


_LAST = _Last()


def check_steps(recipe):
    """Raise `InputError` where the steps of a recognition recipe do not go together; nothing is fitted."""
    choice, kernels = recipe.steps.get("choose", {}), recipe.steps.get("kernels", ())
    for step, alternatives in choice.items():
        if not alternatives or [] in alternatives:
            raise InputError(f"steps.choose.{step}: an alternative is empty; name what it takes, or leave it out")
    for number in itertools.chain(*choice.get("kernels", ())):
        if number >= len(kernels):
            raise InputError(f"steps.choose.kernels: there is no kernel {number}; they are counted from 0")
    for place, classifier in _classifiers(recipe.steps):
        _check_classifier(place, classifier, recipe.steps.get("class_weights"))
    for steps in Recognizer.from_recipe(recipe)._alternatives():
        pipeline, _ = build(**steps)
        pipeline.check()


def _classifiers(steps):
    """Yield (place, settings) of each classifier that steps name."""
    yield "steps.classifier", steps["classifier"]
    for number, settings in enumerate(steps.get("choose", {}).get("classifier", ())):
        yield f"steps.choose.classifier[{number}]", settings


def _check_classifier(place, settings, class_weights):
    """Raise `InputError` for a class that cannot be one, and for weights that a classifier does not take."""
    if settings["name"] != "estimator" and class_weights != "balanced":
        return  # nothing is to be seen that its parameters do not tell
    try:
        classifier = build_part("classifier", build((), (), settings)[1], 0)
    except InputError as error:
        raise InputError(f"{place}.{error}") from None
    if class_weights == "balanced" and not takes_weights(classifier):
        raise InputError(
            f'steps.class_weights: {_told(settings)} cannot weigh samples; say "none", leave it out, or choose another'
        )


def _told(settings):
    """Return what a message calls a classifier."""
    return settings.get("path", settings["name"])


@contextmanager
def _in_one_line(settings, codes):
    """Turn what a classifier refuses into an `InputError` that tells it and what it was to learn from."""
    try:
        yield
    except Exception as error:
        line = one_line(error)
        if not isinstance(error, InputError) and not line.startswith(UNEXPECTED):
            raise  # of a user's own part, whose place the line tells
        learned = f"{len(codes)} training clips in {len(np.unique(codes))} classes"
        raise InputError(f"classifier {_told(settings)}, {learned}: {line.removeprefix(UNEXPECTED).strip()}") from None


def _samples(X):
    return X if isinstance(X, Samples) else Samples(X)


def _equal_classes(codes):
    """Return weights (n,) of mean 1 under which every class has the same sum."""
    counts = np.bincount(codes)
    return len(codes) / (len(counts) * counts[codes])
