"""The embedded corpus: synthetic face video with exact ground truth, made from one public-domain portrait."""

from baselines.datasets.synthetic.corpus import VERSION, generate, identity
from baselines.datasets.synthetic.settings import Settings

__all__ = ["VERSION", "Settings", "generate", "identity"]
