"""What every task offers to an experiment."""

from abc import ABC, abstractmethod

from baselines.errors import InputError
from baselines.identity import digest
from baselines.recognition.protocols import PROTOCOLS, make_folds
from baselines.scoring.common import headline
from baselines.scoring.comparing import compare


class Task(ABC):
    """One task of the challenge, evaluated on subjects that were not trained on."""

    name = ""
    protocols = ("loso",)  # of `recognition.protocols`; the first is taken when none is named
    scored_as = ""  # the kind of score, as in `scoring.comparing`
    headline = ""  # the metric of the tables by which recipes are compared

    @abstractmethod
    def records(self, dataset):
        """Return the clips or videos that are predicted; their subjects are the folds."""

    def fits(self, recipe, dataset):
        """Tell whether a recipe of this task can run on a dataset."""
        return bool(self.records(dataset))

    def parts(self, recipe):
        """Return the names of other recipes that a recipe uses."""
        return ()

    def protocol(self, dataset, named=None):
        """Return the protocol on a dataset; None if the task does not know the one that is named."""
        if named not in (None, *PROTOCOLS):
            raise InputError(f"--protocol {named!r} is not known; choose one of {', '.join(PROTOCOLS)}")
        return self.protocols[0] if named is None else named if named in self.protocols else None

    def folds(self, dataset, protocol, seed):
        """Return the `Fold`s of a protocol on a dataset; `seed` deals the subjects where chance does."""
        return make_folds(protocol, {subject_of(r): r.dataset for r in self.records(dataset)}, seed)

    @abstractmethod
    def prepare(self, recipe, dataset, jobs):
        """Return what all folds share: representations and records. Nothing is fitted here."""

    def run(self, recipe, prepared, fold, seed):
        """Return {"truth": [...], "predictions": [...]} of a `Fold`, JSON-able.

        A task that knows only leave-one-subject-out implements `run_fold`, which takes the subject's name.
        """
        return self.run_fold(recipe, prepared, fold.name, seed)

    @abstractmethod
    def evaluate(self, rows, seed):
        """Return the figures of all folds pooled: mappings subset, metric, value, ci_low, ci_high, n, signature.

        `seed` is that of the bootstrap over subjects.
        """

    @abstractmethod
    def sides(self, rows):
        """Return (truth, predictions) of all folds as `scoring.comparing.compare` takes them."""

    @abstractmethod
    def headline_paths(self, truth):
        """Return {subset: path of the headline figure in a comparison}."""

    def compare(self, first_rows, second_rows, seed):
        """Return {subset: {difference, low, high, p}} of the headline metric, the first recipe minus the second.

        Empty where the two did not predict the same clips or videos.
        """
        (truth, first), (other, second) = self.sides(first_rows), self.sides(second_rows)
        folds = [[row["fold"] for row in rows] for rows in (first_rows, second_rows)]
        if truth != other or folds[0] != folds[1]:
            return {}
        found = compare(self.scored_as, truth, first, second, seed=seed)["metrics"]
        return {subset: found[path] for subset, path in self.headline_paths(truth).items()}


def data_identity(dataset):
    """Return a digest of everything a dataset holds: names, annotations, questions, size and time of the files."""
    records = [*dataset.clips, *dataset.videos]
    seen = [[subject_of(r), r.name, str(getattr(r, "event", None) or getattr(r, "events", ""))] for r in records]
    pixels = [r.frames.identity() if r.frames else file_stamp(r.flow_image) for r in records]
    return digest(seen, pixels, [str(question) for question in dataset.questions])


def labelled_clips(dataset):
    """Return the clips whose coarse emotion is known."""
    return [clip for clip in dataset.clips if clip.label]


def annotated_videos(dataset):
    """Return the videos whose events are known, be it that they have none."""
    return [video for video in dataset.videos if video.events is not None]


def subject_of(record):
    """Return the fold of a clip or video: subjects of different databases are different people."""
    return f"{record.dataset}/{record.subject}"


def file_stamp(path):
    """Return size and time of a file."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def pooled(rows, key):
    """Return the entries under `key` of all rows as one list."""
    return [entry for row in rows for entry in row[key]]


def counted_headline(scores, names, n):
    """Return the `headline` figures of a scores mapping with the number `n` of samples behind them."""
    return [{**figure, "n": n} for figure in headline(scores, names)]
