"""Kernels between clips, in the form in which a leave-one-subject-out run pays for each pair only once.

A kernel is a function of one number a pair of clips (a product, a distance), which no label and no other clip
changes; its width is learned from the training clips. `Samples` keeps those numbers for all pairs, and every
fold takes its rows and columns.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from sklearn.base import BaseEstimator

from baselines.errors import InputError
from baselines.identity import array_identity
from baselines.parts import find_part
from baselines.recognition.checks import real, transformed
from baselines.recognition.transforms import Flatten, build_transforms, mirrored
from baselines.signatures import Above, AtLeast

Gamma = Annotated[float, Above(0)] | Literal["scale", "mean"]


def products(A, B):
    """Return the inner products (n, m) of rows, which are the kernel."""
    return A @ B.T


def squared_distances(A, B):
    """Return the squared distances (n, m) of rows; the kernel is exp(-gamma times these)."""
    squares = np.square(A).sum(axis=1)[:, None] + np.square(B).sum(axis=1)
    return np.maximum(squares - 2 * A @ B.T, 0)


def chi2_distances(A, B):
    """Return sum (a - b)^2 / (a + b), (n, m), of rows >= 0; the kernel is exp(-gamma times these)."""
    from sklearn.metrics.pairwise import additive_chi2_kernel

    return -additive_chi2_kernel(A, B)


def intersections(A, B):
    """Return sum min(a, b), (n, m), of rows, which is the kernel."""
    from scipy.spatial.distance import cdist

    return (A.sum(axis=1)[:, None] + B.sum(axis=1) - cdist(A, B, "cityblock")) / 2


FALLING = (squared_distances, chi2_distances)  # the kernel is exp(-gamma * number), else the number itself


class Samples:
    """Representations (n, ...) of clips; indexing gives a part, which shares what was computed for the whole.

    `rows` are the numbers of its clips in the whole; `identity` tells, even in another process, whether two parts
    are of one whole.
    """

    def __init__(self, X):
        self._whole = np.asarray(X)
        self._pairs = {}
        self.identity = array_identity(self._whole)
        self.rows = np.arange(len(self._whole))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, rows):
        part = object.__new__(Samples)
        part.__dict__.update(self.__dict__)
        part.rows = self.rows[rows]
        return part

    @property
    def key(self):
        """What tells these samples from others, and whether their pairs were computed before."""
        return self.identity, self.rows.tobytes(), *sorted(self._pairs)

    @property
    def array(self):
        """The representations (n, ...) of this part."""
        return self._whole[self.rows]

    @property
    def shape(self):
        """(n, ...)."""
        return (len(self.rows), *self._whole.shape[1:])

    def share(self, views):
        """Compute for the views that learn no transform what they need of every clip and pair; return self."""
        for view in views:
            if not view.learning and view.pairs_key not in self._pairs:
                self._pairs[view.pairs_key] = self.pairs(view)
        return self

    def pairs(self, view):
        """Return (what a view that learns no transform sees of the whole, its numbers of all pairs)."""
        seen = view.see(self._whole)
        return seen[0], view.compare(seen, seen[0])

    def with_pairs(self, pairs):
        """Return these samples with {key of a view: its `pairs`}."""
        part = self[:]
        part._pairs = dict(pairs)
        return part

    def shared(self, view):
        """Return (what the view sees of this part, pairs of the whole), or None if that was not shared."""
        if view.pairs_key not in self._pairs:
            return None
        seen, pairs = self._pairs[view.pairs_key]
        return seen[self.rows], pairs


class View(BaseEstimator):
    """One kernel between clips: transforms, then a function of each pair.

    transforms: as in a recipe. kernel: its name in `baselines.parts`; rbf and chi2 are exp(-gamma * distance), and
    gamma is a number, "scale" (1 / (values * their variance), as in scikit-learn) or "mean" (1 / mean distance),
    both of the training clips. mirror: average over a clip and its mirror image (flow pictures only), so that
    a face and its mirror image are alike. window, step: average over square windows of so many pixels at such
    steps, each with a gamma of its own, so that what happens in one part of the face spoils only that part.
    """

    def __init__(
        self,
        transforms: Sequence[Mapping[str, Any]] = (),
        kernel: str = "rbf",
        gamma: Gamma = "scale",
        mirror: bool = False,
        window: Annotated[int, AtLeast(1)] | None = None,
        step: Annotated[int, AtLeast(1)] | None = None,
    ):
        self.transforms = transforms
        self.kernel = kernel
        self.gamma = gamma
        self.mirror = mirror
        self.window = window
        self.step = step

    @property
    def key(self):
        """Text that tells views apart."""
        return json.dumps(self.get_params(), sort_keys=True)

    @property
    def pairs_key(self):
        """Text that tells views apart whose numbers of pairs differ; gamma comes after these."""
        return json.dumps({name: value for name, value in self.get_params().items() if name != "gamma"}, sort_keys=True)

    @property
    def learning(self):
        """Whether a transform learns from the training clips."""
        return bool(build_transforms(self.transforms)[1])

    def check(self):
        """Raise `InputError` for transforms in an impossible order, or that learn and are to be cut into windows."""
        if build_transforms(self.transforms)[1] and self.window:
            raise InputError("a kernel over windows cannot follow a transform that learns; leave out window or it")

    def see(self, X):
        """Return (copies, n, ...) float32: what the view sees of clips, then of their mirror images."""
        head, tail = build_transforms(self.transforms)
        copies = []
        for Z in [X, mirrored(X)] if self.mirror else [X]:
            for transform in head:
                Z = transformed(transform, Z)
            if tail:
                Z = Flatten().transform(Z)
                for transform in self.fitted_:
                    Z = transformed(transform, Z)
            copies.append(np.asarray(Z, np.float32))
        return np.stack(copies)

    def compare(self, seen, others):
        """Return (copies * windows, n, m) float32: the numbers of pairs of seen (copies, n, ...), others (m, ...)."""
        function, place = _function(self.kernel), f"kernel {self.kernel}"
        others = self._cut(others)
        pairs = [(one, other) for copy in seen for one, other in zip(self._cut(copy), others)]
        matrices = [real(function(one, other), place, (len(one), len(other))) for one, other in pairs]
        return np.array(matrices, np.float32)

    def fit_gram(self, samples):
        """Fit on training samples (n) and return their kernel (n, n) float64."""
        self.fitted_ = None
        found = samples.shared(self)
        if found is None:
            self._fit_transforms(samples.array)
            seen = self.see(samples.array)
            self.seen_, pairs = seen[0], self.compare(seen, seen[0])
        else:
            self.seen_, pairs = found[0], _part(found[1], samples.rows, samples.rows)
        self.rows_, self.identity_ = samples.rows, samples.identity
        self.gammas_ = self._gammas(pairs)
        return self._kernel(pairs)

    def gram(self, samples, odd=False):
        """Return the kernel (m, n) float64 of samples (m) with the training samples (n).

        odd: of a view with `mirror` take half the difference of a clip and its mirror image instead of their
        mean: a kernel that changes its sign with the side of the face.
        """
        return self._kernel(self._pairs(samples), odd)

    def grams(self, samples):
        """Return (`gram`, `gram` with odd) of samples, comparing each pair once."""
        pairs = self._pairs(samples)
        return self._kernel(pairs), self._kernel(pairs, odd=True)

    def _pairs(self, samples):
        """Return the numbers of pairs of samples with the training samples."""
        found = samples.shared(self) if samples.identity == self.identity_ else None
        if found is None:
            return self.compare(self.see(samples.array), self.seen_)
        return _part(found[1], samples.rows, self.rows_)

    def _fit_transforms(self, X):
        self.check()
        head, tail = build_transforms(self.transforms)
        if tail:
            for transform in head:
                X = transformed(transform, X)
            Z = Flatten().transform(X)
            for transform in tail:
                Z = transformed(transform, Z, fit=True)
            self.fitted_ = tail

    def _cut(self, Z):
        """Return (windows, n, values) float64 of (n, ...)."""
        Z = np.asarray(Z, float)
        if not self.window:
            return Z.reshape(1, len(Z), -1)
        size, step = self.window, self.step or self.window
        if Z.ndim < 3 or min(Z.shape[1:3]) < size:
            shape = " x ".join(map(str, Z.shape[1:3]))
            raise InputError(f"a kernel over windows of {size} px: pictures of {shape} px hold none; make window less")
        tops, lefts = (range(0, extent - size + 1, step) for extent in Z.shape[1:3])
        return np.stack([Z[:, y : y + size, x : x + size].reshape(len(Z), -1) for y in tops for x in lefts])

    def _gammas(self, pairs):
        """Return gamma of each window (windows,), from the pairs of the training clips (copies * windows, n, n)."""
        own = pairs[: len(pairs) // (2 if self.mirror else 1)]
        if self.gamma == "mean":
            return 1 / np.maximum(own.mean(axis=(1, 2), dtype=float), 1e-12)
        if self.gamma == "scale":
            cut = self._cut(self.seen_)
            return 1 / np.maximum(cut.var(axis=(1, 2)) * cut.shape[2], 1e-12)
        return np.full(len(own), float(self.gamma))

    def _kernel(self, pairs, odd=False):
        """Return the mean over copies and windows of the kernel of pairs (copies * windows, n, m).

        As precise as float32: the digits below differ between processors, and where a support vector machine stops
        hangs on them.
        """
        falls, windows, total = _function(self.kernel) in FALLING, len(self.gammas_), 0
        for number, matrix in enumerate(pairs):
            values = np.exp(-self.gammas_[number % windows] * matrix) if falls else matrix.astype(float)
            total = total - values if odd and number >= windows else total + values
        return (total / len(pairs)).astype(np.float32).astype(float)


def _part(pairs, rows, columns):
    return np.stack([matrix[rows][:, columns] for matrix in pairs])


def _function(kernel):
    return find_part("kernel", kernel).load()
