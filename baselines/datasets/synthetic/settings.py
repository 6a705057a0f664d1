"""How hard the embedded corpus is: every knob of the generator with its value at each level, in one table."""

# ruff: noqa: RUF009 - `_levels` makes a dataclass field
from dataclasses import dataclass, field, fields

from baselines.errors import InputError

LEVELS = ("easy", "standard", "hard")


def _levels(easy, standard, hard):
    return field(default=standard, metadata={"easy": easy, "standard": standard, "hard": hard})


Range = tuple[float, float]


@dataclass(frozen=True)
class Settings:
    """Ranges are drawn from uniformly; lengths in pixels of the 256-pixel frame, where a face is about 140 wide."""

    # fmt: off
    #                                  easy          standard      hard
    # Coded expressions: displacement of the strongest action unit at the apex; the other units relative to it.
    micro_peak: Range       = _levels((0.8, 2.0),   (0.3, 1.4),   (0.2, 1.0))
    macro_peak: Range       = _levels((3.0, 6.0),   (3.0, 6.0),   (1.5, 5.0))
    weaker_units: Range     = _levels((0.7, 1.0),   (0.5, 1.0),   (0.4, 1.0))
    # How persons differ in the direction of a unit (standard deviation, degrees) and in its extent (of the logarithm).
    manner_turn: float      = _levels(10.0,         20.0,         25.0)
    manner_extent: float    = _levels(0.1,          0.25,         0.3)
    # Share of expressions shown and coded on one side, and what the other side of such a unit does nevertheless.
    unilateral: float       = _levels(0.25,         0.25,         0.25)
    leak: Range             = _levels((0.0, 0.0),   (0.0, 0.3),   (0.1, 0.5))
    # Share of expressions that an uncoded unit accompanies, and its displacement relative to the expression's.
    company: float          = _levels(0.0,          0.75,         0.9)
    company_share: Range    = _levels((0.5, 1.3),   (0.5, 1.3),   (0.7, 1.5))
    # Weak uncoded movements of single units: a second of a clip, of a long video, size and length in seconds.
    clip_distractors: float = _levels(0.0,          3.0,          5.0)
    long_distractors: float = _levels(0.0,          1.0,          1.5)
    distractor_peak: Range  = _levels((0.1, 0.3),   (0.1, 0.7),   (0.2, 0.9))
    distractor_seconds: Range = _levels((0.2, 1.2), (0.2, 1.2),   (0.2, 1.2))
    # Uncoded acts of long videos, each a minute, and their size.
    talking: float          = _levels(0.0,          1.0,          4.0)
    talking_peak: Range     = _levels((1.0, 2.5),   (1.0, 2.5),   (1.5, 3.5))
    swallows: float         = _levels(0.0,          2.0,          3.0)
    swallow_peak: Range     = _levels((0.6, 1.2),   (0.6, 1.2),   (0.8, 1.8))
    brow_flashes: float     = _levels(0.0,          1.0,          2.0)
    brow_flash_peak: Range  = _levels((1.0, 3.0),   (1.0, 3.0),   (1.0, 3.5))
    gaze_shifts: float      = _levels(0.0,          4.0,          8.0)
    gaze_peak: Range        = _levels((1.0, 2.2),   (1.0, 2.2),   (1.0, 2.6))
    head_turns: float       = _levels(0.0,          2.0,          4.0)
    head_turn_peak: Range   = _levels((3.0, 7.0),   (3.0, 7.0),   (4.0, 10.0))  # shift of the nose
    hands: float            = _levels(0.0,          1.5,          2.0)  # a hand comes to the face and leaves
    strands: float          = _levels(0.0,          1.5,          2.0)  # of hair fall over the face and are shaken off
    acts_over_events: bool  = _levels(False,        False,        True)  # whether these acts may meet coded expressions
    blinks: float           = _levels(0.5,          1.0,          1.5)  # multiplies each subject's blink rate
    # Head motion all the time: standard deviation of slow and fast translation and of the nose's shift out of plane.
    drift: float            = _levels(1.0,          2.5,          4.0)
    jitter: float           = _levels(0.03,         0.06,         0.1)
    turn: float             = _levels(0.7,          1.7,          2.2)
    # Light: slow relative changes of brightness; in long videos also the flicker of mains lamps at 100 Hz.
    flicker: Range          = _levels((0.0, 0.002), (0.0, 0.008), (0.004, 0.02))
    mains: Range            = _levels((0.0, 0.0),   (0.0, 0.006), (0.005, 0.02))
    # Camera and compression. Qualities are of JPEG, 0 to 100; long videos are compressed at `codec_quality`, parts of
    # 16 pixels that change less than `codec_skip` grey levels stay as they were, and all is coded again for the file.
    noise: Range            = _levels((1.0, 2.0),   (2.0, 4.5),   (3.0, 6.0))  # standard deviation, grey levels
    jpeg_quality: int       = _levels(95,           90,           70)  # of clip frames
    codec_quality: int      = _levels(95,           80,           45)
    codec_skip: float       = _levels(0.0,          0.4,          0.8)
    # fmt: on

    @property
    def level(self):
        """The name of the level these settings are, or `custom`."""
        return next((level for level in LEVELS if level_settings(level) == self), "custom")


def level_settings(level):
    """Return the `Settings` of a level, `easy`, `standard` or `hard`."""
    if level not in LEVELS:
        raise InputError(f"level {level!r} of the embedded corpus is not known; choose one of {', '.join(LEVELS)}")
    return Settings(**{f.name: f.metadata[level] for f in fields(Settings)})
