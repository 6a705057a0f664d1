"""The classic features of micro-expression analysis: pure functions on arrays, each in a module of its own.

`FEATURES` lists them. Importing this package loads none of them; `FEATURES["lbp_top"].function` loads one.
"""

from dataclasses import dataclass
from importlib import import_module

# What a feature takes: a clip (T, H, W); a flow field (H, W, 2); a clip with the 68 landmarks (68, 2) of its first
# frame; a clip with its frames per second; a clip with k, half an expression's length in frames.
INPUTS = ("clip", "flow", "clip+landmarks", "clip+fps", "clip+k")


@dataclass(frozen=True)
class Feature:
    """A registered feature: where its function lives, what it takes (one of INPUTS), who published it."""

    name: str
    path: str
    input: str
    citation: str

    @property
    def function(self):
        """The function itself."""
        module, name = self.path.split(":")
        return getattr(import_module(f"features.{module}"), name)

    @property
    def summary(self):
        """The first line of the function's docstring."""
        return self.function.__doc__.strip().partition("\n")[0]


FEATURES = {
    feature.name: feature
    for feature in (
        Feature("lbp_top", "lbp_top:lbp_top", "clip", "Zhao and Pietikainen 2007"),
        Feature("lbp_sip", "lbp_sip:lbp_sip", "clip", "Wang et al. 2014"),
        Feature("osf", "optical_strain:osf", "clip", "Liong et al. 2014"),
        Feature("osw_lbp_top", "optical_strain:osw_lbp_top", "clip", "Liong et al. 2014"),
        Feature("flow_to_first", "optical_flow:flow_to_first", "clip", "Farneback 2003; Zach et al. 2007"),
        Feature("flow_consecutive", "optical_flow:flow_consecutive", "clip", "Farneback 2003; Zach et al. 2007"),
        Feature("strain_maps", "optical_strain:strain_maps", "clip", "Shreve et al. 2011"),
        Feature("optical_strain", "optical_strain:optical_strain", "flow", "Shreve et al. 2011"),
        Feature("hoof", "hoof:hoof", "flow", "Chaudhry et al. 2009"),
        Feature("bi_woof", "bi_woof:bi_woof", "flow", "Liong et al. 2018"),
        Feature("mdmo", "mdmo:mdmo", "clip+landmarks", "Liu et al. 2016"),
        Feature("apex", "apex:find_apex", "clip+landmarks", "Liong et al. 2015"),
        Feature("onset_difference", "apex:onset_difference", "clip+landmarks", "Liong et al. 2015"),
        Feature("interpolation", "interpolation:interpolate", "clip", "Zhou et al. 2011"),
        Feature("magnification", "magnification:magnify", "clip+fps", "Wu et al. 2012"),
        Feature("feature_difference", "feature_difference:feature_difference", "clip+k", "Moilanen et al. 2014"),
        Feature("mdmd", "mdmd:mdmd", "clip+k", "Wang et al. 2017"),
    )
}
