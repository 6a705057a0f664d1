"""What is made of all frames of a clip, onset to offset."""

import numpy as np

from baselines.cache import cached_arrays
from baselines.identity import array_identity, code_identity, library_versions
from baselines.recognition.representations.faces import aligned_faces, first_landmarks
from features.interpolation import interpolate
from features.lbp_sip import lbp_sip
from features.lbp_top import lbp_top
from features.magnification import magnify
from features.mdmo import mdmo
from features.optical_strain import osf_of_strain, strain_maps, weighted_by_strain


def sequence(clip, size=128, frames=None, magnification=None, least=2):
    """Return the aligned faces (T, size, size) of a clip in whole grey levels, as a texture feature takes them.

    magnification: parameters of `features.magnification.magnify`, applied first; a band that the frame rate cannot
    hold ends at .45 of it. frames: interpolate to so many (TIM); None leaves the clip as recorded, except one of
    fewer than `least` frames, which is interpolated to that many.
    """
    faces = aligned_faces(clip, size)
    if magnification is not None:
        high = min(magnification.get("high", 25.0), 0.45 * clip.fps)
        faces = np.clip(np.rint(magnify(faces, clip.fps, **{**magnification, "high": high})), 0, 255).astype(np.uint8)
    wanted = frames or max(least, len(faces))
    return faces if wanted == len(faces) else interpolate(faces, wanted, whole=True)


def lbp_top_of(clip, size=128, frames=None, magnification=None, radii=(1, 1, 1), blocks=(1, 1, 1), **parameters):
    """Return the LBP-TOP histograms; parameters as `sequence` and `features.lbp_top`."""
    faces = sequence(clip, size, frames, magnification, least=2 * radii[2] + blocks[2])
    return lbp_top(faces, radii, blocks=blocks, **parameters)


def lbp_sip_of(clip, size=128, frames=None, radii=(1, 1, 1), blocks=(1, 1, 1), **parameters):
    """Return the LBP-SIP histograms; parameters as `sequence` and `features.lbp_sip`."""
    faces = sequence(clip, size, frames, least=2 * radii[2] + blocks[2])
    return lbp_sip(faces, radii, blocks=blocks, **parameters)


def osf_of(clip, size=128, method="farneback", to_first=False, **parameters):
    """Return the optical strain feature; parameters as `mean_strain` and `features.optical_strain.osf_of_strain`."""
    return osf_of_strain(mean_strain(clip, size, method, to_first), **parameters)


def osw_lbp_top_of(clip, size=128, method="farneback", to_first=False, blocks=(8, 8), **parameters):
    """Return LBP-TOP whose XY histograms are weighted by strain; parameters as `mean_strain` and `lbp_top_of`."""
    histograms = lbp_top_of(clip, size, blocks=(*blocks, 1), **parameters)
    return weighted_by_strain(histograms, mean_strain(clip, size, method, to_first)[np.newaxis], blocks)


def mean_strain(clip, size=128, method="farneback", to_first=False):
    """Return the optical strain (size, size) averaged over the frames of a clip.

    Kept in the cache, since several features begin with it. method: as `features.optical_flow`. to_first: of the flow
    from the first frame to each other, instead of from frame to frame.
    """
    faces = aligned_faces(clip, size)
    key = {
        "faces": array_identity(faces),
        "method": method,
        "to_first": to_first,
        "code": code_identity("features/optical_flow.py", "features/optical_strain.py"),
        "libraries": library_versions("numpy", "opencv-contrib-python-headless", "scikit-image"),
    }

    def compute():
        return {"mean": strain_maps(faces, method, to_first=to_first).mean(axis=0, dtype=np.float64)}

    return cached_arrays("strain", key, compute)["mean"]


def mdmo_of(clip, size=128, **parameters):
    """Return MDMO, (72,); parameters as `features.mdmo`."""
    return mdmo(aligned_faces(clip, size), first_landmarks(clip, size), **parameters)
