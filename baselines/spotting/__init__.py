"""Spotting: long video in, intervals of micro- and macro-expressions out. `METHODS` maps names to spotters."""

from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.lbp_difference import LbpDifference
from baselines.spotting.mdmd import Mdmd
from baselines.spotting.regional_contrast import RegionalContrast
from baselines.spotting.roi_flow import RoiFlow
from baselines.spotting.softnet_rule import SoftnetRule

METHODS = {
    "regional-contrast": RegionalContrast,
    "softnet-rule": SoftnetRule,
    "lbp-difference": LbpDifference,
    "mdmd": Mdmd,
    "roi-flow": RoiFlow,
}

__all__ = [
    "METHODS", "Curve", "Interval", "LbpDifference", "Mdmd", "RegionalContrast", "RoiFlow", "SoftnetRule", "Spotter",
    "SpottingResult",
]  # fmt: skip
