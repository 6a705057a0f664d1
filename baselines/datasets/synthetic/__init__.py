"""The embedded corpus: synthetic face video with exact ground truth, made from one public-domain portrait."""

from baselines.datasets.synthetic.corpus import VERSION, generate, identity, level_of
from baselines.datasets.synthetic.settings import LEVELS, Settings, level_settings

__all__ = ["LEVELS", "VERSION", "Settings", "generate", "identity", "level_of", "level_settings"]
