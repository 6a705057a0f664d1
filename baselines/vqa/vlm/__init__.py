"""The small vision model of ME-VQA: its tokens, its network, how it is trained and written for llama.cpp.

Only training needs PyTorch and the `gguf` package (extra `vlm`); answering does not import this package.
"""

import importlib

from baselines.errors import MissingDependency


def require(module):
    """Return a module that training needs. Raises `MissingDependency` without it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingDependency("train --recipe vlm", module, "'megc-baselines[vlm]'") from None
