"""How hard the embedded corpus is: the knobs of the generator in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Ranges are drawn from uniformly; lengths in pixels of the 256-pixel frame, where a face is about 140 wide."""

    micro_peak: tuple[float, float] = (0.3, 1.4)  # displacement of the strongest action unit at the apex
    macro_peak: tuple[float, float] = (3.0, 6.0)
    weaker_units: tuple[float, float] = (0.5, 1.0)  # the other units of a combination, relative to the strongest
    manner_turn: float = 20.0  # how persons differ in the direction of a unit, standard deviation in degrees
    manner_extent: float = 0.25  # and in its extent, standard deviation of the logarithm
    unilateral: float = 0.25  # share of expressions shown and coded on one side
    leak: tuple[float, float] = (0.0, 0.3)  # what the other side of a unilateral unit does nevertheless
    company: float = 0.75  # share of expressions that an uncoded unit accompanies
    company_share: tuple[float, float] = (0.5, 1.3)  # its displacement relative to the expression's
    clip_distractors: float = 3.0  # uncoded movements of a single unit per second of a clip
    long_distractors: float = 1.0  # and of a long video
    distractor_peak: tuple[float, float] = (0.1, 0.7)
    distractor_seconds: tuple[float, float] = (0.2, 1.2)
    blinks: float = 1.0  # multiplies each subject's blink rate
    drift: float = 2.5  # slow head motion, standard deviation of the translation
    jitter: float = 0.06  # fast head motion, standard deviation of the translation
    turn: float = 1.7  # out-of-plane head motion, standard deviation of the nose's shift
    flicker: tuple[float, float] = (0.0, 0.008)  # relative brightness changes
    noise: tuple[float, float] = (2.0, 4.5)  # sensor noise, standard deviation in grey levels
    jpeg_quality: int = 90  # of clip frames, 0 to 100
    video_quality: int = 50  # of long videos on the scale of OpenCV's Motion JPEG writer; much like 91 of a JPEG
