"""Read a whole dataset once and say what it holds and what is wrong with it."""

from collections import Counter

from baselines.datasets import load_dataset
from baselines.datasets.frames import read_image
from baselines.errors import InputError
from baselines.parallel import run_parallel


def check_dataset(name, root=None, jobs=1):
    """Return {"dataset", "counts", "findings"}: counts of what was read, one message for each thing that is wrong.

    Every frame and picture is decoded. A layout that cannot be read at all raises `InputError`.
    """
    dataset = load_dataset(name, root)
    records = [*dataset.videos, *dataset.clips]
    results = run_parallel(_read, records, jobs, f"reading {len(records)} clips and videos")
    events = [event for video in dataset.videos for event in video.events or ()]
    subjects = {(record.dataset, record.subject) for record in records}
    classes = Counter(clip.label for clip in dataset.clips if clip.label)
    counts = {
        "subjects": len(subjects),
        "videos": len(dataset.videos),
        "clips": len(dataset.clips),
        "frames": sum(frames for frames, _ in results),
        **{f"{kind} events": n for kind, n in sorted(Counter(event.kind for event in events).items())},
        **{f"{label} clips": n for label, n in sorted(classes.items())},
        "questions": len(dataset.questions),
    }
    findings = list(dict.fromkeys(message for _, messages in results for message in messages))
    return {"dataset": name, "counts": counts, "findings": findings}


def _read(record):
    """Return how many frames or pictures of a record could be read, and what was wrong."""
    try:
        if record.frames is None:
            read_image(record.flow_image)
            return 1, []
        shapes = Counter(frame.shape for frame in record.frames)
    except InputError as error:
        return 0, [str(error)]
    count, messages = shapes.total(), []
    if count < len(record.frames):
        messages.append(
            f"{record.frames.source}: {count} of {len(record.frames)} frames can be decoded; copy the video again"
        )
    if len(shapes) > 1:
        sizes = ", ".join(f"{width}x{height}" for height, width, _ in shapes)
        messages.append(f"{record.frames.source}: frames of different sizes ({sizes}); export them in one size")
    return count, messages
