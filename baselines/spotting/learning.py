"""What a spotting method that learns takes from videos whose true events are known."""

from functools import partial

from baselines.parallel import run_parallel


def lessons_of(spotter, videos, jobs=1):
    """Return the `lessons` of a spotter from each `Video` with known events, in their order."""
    label = f"learning from {len(videos)} videos"
    return run_parallel(partial(_lessons, spotter), list(enumerate(videos)), jobs, label)


def _lessons(spotter, numbered):
    number, video = numbered
    return spotter.lessons(spotter.measured(video.frames, video.fps)[0], video.fps, video.events, seed=number)
