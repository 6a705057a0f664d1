"""What is known of a clip (`Evidence`), what is concluded from it (`Finding`), what is said (`Answer`)."""

from dataclasses import dataclass, field

from baselines.datasets.records import Event


@dataclass(frozen=True)
class Evidence:
    """Probabilities measured on one clip, or on a long video whose `events` were spotted.

    coarse, fine: {class name: probability}, classes weighted equally. action_units: {AU number:
    probability that it is present} for the units that were learned. left: probability that a one-sided
    unit is on the left face, None if sides were not learned. rate: share of the AU table that an
    expression shows on average. events: those of a long video with their emotion and action units; None for a clip.
    unit_shares: {fine class: {AU number: share of its training clips that show it}}, never 0 or 1.
    """

    coarse: dict[str, float] = field(default_factory=dict)
    fine: dict[str, float] = field(default_factory=dict)
    action_units: dict[int, float] = field(default_factory=dict)
    left: float | None = None
    rate: float = 0.1
    events: tuple[Event, ...] | None = None
    unit_shares: dict[str, dict[int, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One consistent reading of a clip or video, from which all answers about it are worded.

    action_units: AU numbers in the order they are named. side: left or right, for one-sided units. events:
    all of a video, the one of a clip. doubts: {field name: why it is a guess}. confidence: {field name:
    probability that it is right}; of `action_units` the mean over those named. presence: {AU number: probability
    that it is present}. counts: {scope: number of events}, where it is not that of `events`.
    """

    coarse: str
    fine: str
    action_units: tuple[int, ...]
    side: str = "left"
    events: tuple[Event, ...] = ()
    doubts: dict[str, str] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    presence: dict[int, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The text of an answer; `flag` says why it is no more than a best effort, and is empty otherwise.

    confidence: a probability in 0..1 from an answerer that has one.
    """

    text: str
    flag: str = ""
    confidence: float | None = None
