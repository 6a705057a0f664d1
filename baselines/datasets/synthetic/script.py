"""What happens in one synthetic video, frame by frame: expressions, blinks, head motion, light."""

from dataclasses import dataclass, replace

import numpy as np

from baselines.datasets.records import Event
from baselines.datasets.synthetic.action_units import NUMBERS, REACH, SIDED, Unit, units_of
from baselines.datasets.synthetic.acts import COVERS, Act, draw_acts, play
from baselines.datasets.synthetic.curves import add, pulse, wander
from baselines.datasets.synthetic.expressions import SHARES, draw_expression
from baselines.datasets.synthetic.kinds import CLIP_FPS, CLIP_FRAMES

HEAD_MOTIONS = ("x", "y", "roll", "scale", "yaw", "pitch")


@dataclass(frozen=True)
class Script:
    """Curves of T frames: `units` maps a `Unit` to its displacement (T,) in pixels, `head` is (T, 6) in pixels
    (of the head's edge for roll and scale, of the nose tip for yaw and pitch), `blink` is 0 open to 1 closed,
    `gain` the brightness; `events` are what an annotator codes, `acts` what happens besides. `covers` are the
    (name, seed, (T,) presence from 0 to 1) of what comes in front of the face.
    """

    events: tuple[Event, ...]
    units: dict[Unit, np.ndarray]
    blink: np.ndarray
    head: np.ndarray
    gain: np.ndarray
    acts: tuple[Act, ...] = ()
    covers: tuple[tuple[str, int, np.ndarray], ...] = ()

    def __len__(self):
        return len(self.blink)


def clip_script(rng, subject, settings, coarse):
    """Return the `Script` of a recognition clip at 100 fps: neutral, one micro-expression, neutral."""
    before, length, after = (int(rng.integers(low, high + 1)) for low, high in CLIP_FRAMES)
    onset = before + 1
    event = _event(rng, onset, onset + length - 1, "micro", coarse, settings)
    return _script(rng, subject, settings, before + length + after, CLIP_FPS, [event])


def long_script(rng, scene, subject, settings, kind, seconds):
    """Return the `Script` of a spotting video of a `Kind`: micro- and macro-expressions between neutral stretches.

    `rng` draws expressions, blinks and head motion, `scene` the uncoded acts and the light.
    """
    frames = round(seconds * kind.fps)
    counts = {"micro": (0.14, 0.26), "macro": (0.08, 0.16)}  # a second; far denser than in a database
    lengths = []
    for name, rate in counts.items():
        lengths += [(name, kind.draw_length(rng, name)) for _ in range(max(1, round(seconds * rng.uniform(*rate))))]
    lengths = [lengths[i] for i in rng.permutation(len(lengths))]
    gap = kind.fps // 2
    while sum(n + gap for _, n in lengths) + gap > frames and len(lengths) > 1:
        lengths.remove(max(lengths, key=lambda pair: pair[1]))
    free = max(frames - sum(n + gap for _, n in lengths) - gap, 0)
    extra = np.floor(rng.dirichlet(np.full(len(lengths) + 1, 1.5)) * free).astype(int)
    events, start = [], 1
    classes = rng.choice(list(SHARES), len(lengths), p=np.array(list(SHARES.values())) / sum(SHARES.values()))
    for (name, n), pause, coarse in zip(lengths, extra, classes):
        start += gap + int(pause)
        events.append(_event(rng, start, start + n - 1, name, str(coarse), settings))
        start += n
    return _with_scene(scene, _script(rng, subject, settings, frames, kind.fps, events), kind.fps, settings)


def _with_scene(rng, script, fps, settings):
    """Return a script with uncoded acts and the flicker of mains lamps, which light up 100 times a second."""
    frames = len(script)
    units, head = dict(script.units), script.head.copy()
    acts = draw_acts(rng, frames, fps, script.events, settings)
    covers = []
    for act in acts:
        if act.name in COVERS:
            first, last = act.first - 1, act.last - 1
            way = min(0.45 * fps, (last - first) / 2)
            presence = pulse(frames, first, first + way, last, hold=last - first - 2 * way)
            covers.append((act.name, int(rng.integers(2**31)), presence))
        else:
            play(rng, act, units, head, fps, settings)
    phase = 2 * np.pi * (100 + rng.uniform(-0.1, 0.1)) * np.arange(frames) / fps + rng.uniform(0, 2 * np.pi)
    gain = script.gain * (1 + rng.uniform(*settings.mains) * np.cos(phase))
    return replace(script, units=units, head=head, gain=gain, acts=acts, covers=tuple(covers))


def _event(rng, onset, offset, kind, coarse, settings):
    emotion, codes = draw_expression(rng, coarse, settings.unilateral)
    apex = onset + max(1, round((offset - onset) * rng.uniform(0.3, 0.5)))
    return Event(onset, offset, apex, kind, emotion, codes)


def _script(rng, subject, settings, frames, fps, events):
    units = {}
    for event in events:
        peak = rng.uniform(*(settings.micro_peak if event.kind == "micro" else settings.macro_peak))
        _play(rng, units, event, peak, frames, subject, settings)
    rate = settings.clip_distractors if fps == CLIP_FPS else settings.long_distractors
    _distract(rng, units, frames, fps, rate, settings)
    return Script(
        events=tuple(events),
        units=units,
        blink=_blinks(rng, frames, fps, subject.blink_rate * settings.blinks),
        head=_head(rng, frames, fps, subject.drift, settings),
        gain=1 + rng.uniform(*settings.flicker) * wander(rng, frames, fps, 1, 0.05)[:, 0],
    )


def _play(rng, units, event, peak, frames, subject, settings):
    """Add an event's action units; the first to move defines onset, all reach the apex and end together."""
    onset, apex, offset = event.onset - 1, event.apex - 1, event.offset - 1
    hold = round((offset - apex) * rng.uniform(0, 0.4 if event.kind == "macro" else 0.2))
    strongest = int(rng.integers(len(event.action_units)))
    for i, code in enumerate(event.action_units):
        lag = 0 if i == strongest else rng.uniform(0, 0.3) * (apex - onset)
        share = 1.0 if i == strongest else rng.uniform(*settings.weaker_units)
        curve = peak * share * pulse(frames, onset + lag, apex, offset, hold)
        coded = units_of(code)
        leak = rng.uniform(*settings.leak)
        for unit in units_of(code.lstrip("LR")):
            uneven = {"L": 1 + subject.asymmetry / 2, "R": 1 - subject.asymmetry / 2, "M": 1.0}[unit.side]
            uneven /= 1 + abs(subject.asymmetry) / 2
            add(units, unit, curve * REACH.get(unit.number, 1.0) * (uneven if unit in coded else leak))
    if rng.random() < settings.company:
        unit = _any_unit(rng)
        share = rng.uniform(*settings.company_share) * REACH.get(unit.number, 1.0)
        add(units, unit, peak * share * pulse(frames, onset, apex, offset, hold))


def _distract(rng, units, frames, fps, rate, settings):
    """Add weak movements of single units that nobody codes."""
    seconds = frames / fps
    for _ in range(rng.poisson(rate * seconds)):
        unit = _any_unit(rng)
        start = rng.uniform(-0.3, seconds) * fps
        length = rng.uniform(*settings.distractor_seconds) * fps
        apex = start + length * rng.uniform(0.3, 0.6)
        curve = pulse(frames, start, apex, start + length, hold=0.2 * (start + length - apex))
        add(units, unit, curve * rng.uniform(*settings.distractor_peak) * REACH.get(unit.number, 1.0))


def _any_unit(rng):
    number, side = int(rng.choice(NUMBERS)), "LR"[int(rng.integers(2))]
    return Unit(number, side if number in SIDED else "M")


def _blinks(rng, frames, fps, rate):
    """Return a (T,) lid curve; a blink closes in about 80 ms and opens in about 150 ms."""
    blink = np.zeros(frames)
    time = rng.exponential(1 / rate) if rate > 0 else np.inf
    while time * fps < frames:
        close, shut, reopen = rng.uniform(0.06, 0.1), rng.uniform(0.02, 0.05), rng.uniform(0.12, 0.2)
        marks = (time + np.array([0, close, close + shut + reopen])) * fps
        blink = np.maximum(blink, pulse(frames, *marks, hold=shut * fps) * rng.uniform(0.9, 1.0))
        time += 0.4 + rng.exponential(1 / rate)
    return blink


def _head(rng, frames, fps, liveliness, settings):
    """Return (T, 6) head motion in the order of `HEAD_MOTIONS`: slow drift and fast jitter, both smooth."""
    spread = np.array([1, 0.8, 0.5, 0.4]) * settings.drift
    drift = np.concatenate([spread, [settings.turn, 0.7 * settings.turn]]) * liveliness
    slow = wander(rng, frames, fps, len(HEAD_MOTIONS), 1.0) * drift
    fast = wander(rng, frames, fps, len(HEAD_MOTIONS), 0.03) * settings.jitter * np.array([1, 1, 0.5, 0, 0, 0])
    return slow + fast
