"""What of this machine and process a result depends on besides code and data, told without places and names of people.

`environment` describes it, `what_counts` is the part of it that can change a number, `numeric_kernel` the part that
belongs to every digest: which BLAS core multiplies. Nothing heavy is imported before it is asked for, and what cannot
be imported is told as missing: this is also what one looks at when an installation is broken.
"""

import contextlib
import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# what multiplies in this project; others in the same process, such as that of PyTorch, do not
BLAS_OF = ("numpy", "scipy", "opencv", "system")
VARIABLES = (  # that choose how numbers are computed
    "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "MKL_CBWR", "MKL_NUM_THREADS", "OMP_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES", "OPENCV_CPU_DISABLE", "OPENCV_IPP",
)  # fmt: skip
PLAIN = re.compile(r"[\w ,.:+-]*")  # what no path is


def environment(libraries: Mapping[str, str]) -> dict[str, Any]:
    """Return what results that this process computes depend on; libraries: {package: version}, as in a digest."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": {
            "name": platform.system(),
            "distribution": _distribution(),
            "libc": " ".join(platform.libc_ver()).strip(),
        },
        "processor": {"name": _processor(), "architecture": platform.machine()},
        "libraries": dict(sorted(libraries.items(), key=lambda one: one[0].lower())),
        "blas": blas(),
        "numpy": _numpy(),
        "opencv": _opencv(),
        "llama.cpp": _llama(),
        "variables": _variables(),
    }


def what_counts(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an `environment` that can change a number: no threads, no name of a processor."""
    return {
        "python": found["python"],
        "system": [found["system"]["name"], found["system"]["libc"], found["processor"]["architecture"]],
        "libraries": found["libraries"],
        "blas": {owner: _kernel(one) for owner, one in found["blas"].items()},
        **{library: found[library] for library in ("numpy", "opencv", "llama.cpp")},
    }


@lru_cache
def numeric_kernel() -> dict[str, str]:
    """Return {library: BLAS with version and core} of numpy and scipy, which each have their own."""
    return {owner: _kernel(one) for owner, one in blas().items() if owner != "opencv"}


def blas() -> dict[str, dict[str, Any]]:
    """Return {library that carries it: {name, version, core, threads}} of each BLAS that is at work in this project.

    `system` is one that stands outside the Python packages.
    """
    try:
        import numpy
        import scipy.linalg  # noqa: F401 - loads its own
        from threadpoolctl import threadpool_info
    except ImportError:
        return {}
    with contextlib.suppress(ImportError):
        import cv2  # noqa: F401 - loads its own

    packages = Path(numpy.__file__).parent.parent
    found = {}
    for library in threadpool_info():
        owner = _owner(Path(library["filepath"]), packages)
        if library["user_api"] == "blas" and owner in BLAS_OF:
            found[owner] = {
                "name": library["internal_api"],
                "version": library["version"] or "",
                "core": library.get("architecture") or "",
                "threads": library["num_threads"],
            }
    return dict(sorted(found.items()))


def suite() -> dict[str, Any]:
    """Return the version of this program and, where it runs from a clone, its commit and whether files differ from it.

    commit is empty, and changed None, where that is not known.
    """
    version = sys.modules[__name__.partition(".")[0]].__version__  # of the package that this module stands in
    commit = _git("rev-parse", "HEAD")
    status = _git("status", "--porcelain", "--untracked-files=no") if commit else None
    return {"version": version, "commit": commit or "", "changed": None if status is None else bool(status)}


def _git(*arguments: str) -> str | None:
    """Return what git prints, None outside a clone and without git."""
    if not (ROOT / ".git").exists():  # else the program is installed, maybe inside another project's clone
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _kernel(one: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (one["name"], one["version"], one["core"])))


def _owner(library: Path, packages: Path) -> str:
    """Return the package that carries a library: its wheel puts it into `numpy.libs`, or `numpy/.dylibs`."""
    if any(part.startswith(("opencv", "cv2")) for part in library.parts):
        return "opencv"
    return library.relative_to(packages).parts[0].partition(".")[0] if library.is_relative_to(packages) else "system"


def _numpy() -> dict[str, list[str]]:
    """Return the SIMD features that numpy is built on, uses on this processor, and does not use here."""
    try:
        built = import_module("numpy._core._multiarray_umath")
    except ImportError:
        return {}
    used = built.__cpu_features__
    return {
        "baseline": list(built.__cpu_baseline__),
        "enabled": [name for name in built.__cpu_dispatch__ if used.get(name)],
        "not enabled": [name for name in built.__cpu_dispatch__ if not used.get(name)],
    }


def _opencv() -> dict[str, Any]:
    """Return version and build of OpenCV, and its SIMD features as `_numpy`; build: a digest of how it was compiled."""
    try:
        import cv2
    except ImportError:
        return {}
    features = cv2.getCPUFeaturesLine().split()  # SSE, *AVX chosen at run time, *AVX2? not on this processor
    return {
        "version": cv2.__version__,
        "contrib": hasattr(cv2, "optflow"),
        "build": hashlib.blake2b(cv2.getBuildInformation().encode(), digest_size=4).hexdigest(),
        "baseline": [name for name in features if name[0] != "*"],
        "enabled": [name[1:] for name in features if name[0] == "*" and name[-1] != "?"],
        "not enabled": [name.strip("*?") for name in features if name[-1] == "?"],
        "ipp": cv2.ipp.getIppVersion() if hasattr(cv2, "ipp") and cv2.ipp.useIPP() else "",
    }


def _llama() -> dict[str, list[str]]:
    """Return the SIMD features that llama.cpp was compiled for, mostly on this machine when it was installed."""
    try:
        llama = import_module("llama_cpp")  # by name: what looks at itself here does not depend on it (`identity`)
        told = llama.llama_print_system_info().decode()
    except Exception:  # what was compiled on another machine fails in many ways
        return {}
    return {"enabled": re.findall(r"(\w+) = 1", told)}


def _variables() -> dict[str, str]:
    """Return the environment variables that are set: those of `VARIABLES`, and ours, whose paths are not told."""
    ours = [name for name in os.environ if name.startswith("MEGC_")]
    found = {name: os.environ[name] for name in sorted({*VARIABLES, *ours} & set(os.environ))}
    return {name: value if _tellable(name, value) else "set" for name, value in found.items()}


def _tellable(name: str, value: str) -> bool:
    if name.startswith("MEGC_"):
        return value == "off" or value.replace(".", "", 1).isdigit()
    return bool(PLAIN.fullmatch(value))


def _distribution() -> str:
    with contextlib.suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return platform.mac_ver()[0] or platform.version() if platform.system() in ("Darwin", "Windows") else ""


def _processor() -> str:
    """Return the name of the processor's model, empty where the system does not tell."""
    with contextlib.suppress(OSError):
        found = re.search(r"^model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(errors="replace"), re.MULTILINE)
        if found:
            return found[1].strip()
    if platform.system() == "Darwin":
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
            return done.stdout.strip()
    return platform.processor()
