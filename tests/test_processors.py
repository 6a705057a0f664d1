"""Whole numbers made of continuous ones are the same whatever loops the numeric libraries choose for a processor."""

import os
import subprocess
import sys

import pytest

CORES = ("Nehalem", "Haswell")  # any processor that runs these tests has what the second needs
PROGRAM = """
import hashlib, sys
import numpy as np
import features
from features.alignment import align
from features.interpolation import whole_levels
from threadpoolctl import threadpool_info
rng = np.random.default_rng(0)
clip = np.clip(rng.normal(128, 20, (60, 160, 160)).cumsum(axis=0) / 6, 0, 255).astype(np.uint8)
flow = rng.normal(0, 1, (32, 32, 2)).astype(np.float32)
flow[::2] = flow[::2, :, :1]  # vectors on the border between two bins
found = {
    "core": {library["architecture"] for library in threadpool_info() if library["user_api"] == "blas"},
    "magnified": whole_levels(features.magnify(clip, 100, cutoff=16)),
    "interpolated": features.interpolate(clip, 10, whole=True),
    "aligned": np.stack(list(align(clip, np.tile(rng.uniform(20, 140, (68, 2)), (60, 1, 1)), 64))),
    "hoof": features.hoof(flow),
}
for name, value in found.items():
    print(name, value if name == "core" else hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest())
"""


def told(core):
    variables = os.environ | {"OPENBLAS_CORETYPE": core}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_levels_and_bins_do_not_depend_on_the_core_of_the_linear_algebra():
    one, other = (told(core) for core in CORES)
    if one.pop("core") == other.pop("core"):
        pytest.skip("the linear algebra library here has no cores to choose from")
    assert one == other
