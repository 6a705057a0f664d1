"""What parts give is checked where it is handed on: a part of a user's own may give anything."""

import numpy as np

from baselines.errors import InputError

REAL = "buif"  # kinds of numbers


def real(made, place, shape):
    """Return what a part gave as an array; `InputError` unless it has a shape and holds real and finite numbers.

    place: what a message calls the part. shape: how long each axis is; after a last `...` may come more.
    """
    wanted = f"expected real numbers ({', '.join('...' if length is ... else str(length) for length in shape)})"
    try:
        found = np.asarray(made)
    except (TypeError, ValueError):  # rows of different lengths
        raise InputError(f"{place}: gave {type(made).__name__}; {wanted}") from None
    if found.dtype.kind not in REAL:
        raise InputError(f"{place}: gave {type(made).__name__} of {found.dtype.name}; {wanted}")
    seen = (*found.shape[: len(shape) - 1], ...) if shape[-1] is ... else found.shape
    if seen != shape:
        raise InputError(f"{place}: gave an array {found.shape}; {wanted}")
    if not np.isfinite(found).all():
        raise InputError(f"{place}: gave a value that is not a finite number; {wanted}")
    return found


def transformed(step, X, fit=False):
    """Return what a transform makes of samples (n, ...), with `fit` once it has learned from them."""
    place = f"transform {type(step).__name__}"
    found = real(step.fit_transform(X) if fit else step.transform(X), place, (len(X), ...))
    if X.size and not found.size:
        raise InputError(f"{place}: gave an empty array {found.shape}; expected some numbers of each sample")
    return found
