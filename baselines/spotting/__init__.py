"""Spotting: long video in, intervals of micro- and macro-expressions out. `METHODS` maps names to spotters."""

from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.regional_contrast import RegionalContrast
from baselines.spotting.softnet_rule import SoftnetRule

METHODS = {
    "regional-contrast": RegionalContrast,
    "softnet-rule": SoftnetRule,
}

__all__ = ["METHODS", "Curve", "Interval", "RegionalContrast", "SoftnetRule", "Spotter", "SpottingResult"]
