"""Pictures and tables made on the fly: a face that moves, for features; random events and answers, for scores."""

import cv2
import numpy as np

from baselines.datasets.synthetic.portrait import LANDMARKS, load_portrait

CENTRE, HALF = (225.0, 130.0), 75.0  # the face in the portrait, px
FACE = 0.8  # of the side of a square picture, the width of the face


def face_video(frames, size, seed=0, face=None):
    """Return (frames, H, W, 3) uint8 RGB of a face that sways by a few px, with sensor noise.

    size: (W, H), or the side of a square. face: its width, px; by default .8 of a square's.
    """
    generator = np.random.default_rng(seed)
    portrait = load_portrait()
    size = (size, size) if np.isscalar(size) else size
    result = np.empty((frames, *size[::-1], 3), np.uint8)
    for frame, matrix in zip(result, _paths(frames, size, face or FACE * min(size), generator)):
        picture = cv2.warpAffine(portrait, matrix, size, flags=cv2.INTER_LINEAR)
        noise = generator.normal(0, 1, (*size[::-1], 1)).astype(np.float32)
        frame[...] = np.clip(np.rint(picture + noise), 0, 255)
    return result


def forth_and_back(items, times):
    """Yield the items of a sequence forth, back, forth ..., `times` times."""
    for turn in range(times):
        yield from items[:: 1 if turn % 2 == 0 else -1]


def face_clip(frames, side, seed=0):
    """Return grey frames (frames, side, side) uint8 of a face that sways, and its landmarks (68, 2) in the first."""
    generator = np.random.default_rng(seed)
    portrait = cv2.cvtColor(load_portrait(), cv2.COLOR_RGB2GRAY)
    paths = _paths(frames, (side, side), FACE * side, generator)
    clip = np.empty((frames, side, side), np.uint8)
    for frame, matrix in zip(clip, paths):
        picture = cv2.warpAffine(portrait, matrix, (side, side), flags=cv2.INTER_LINEAR)
        frame[...] = np.clip(np.rint(picture + generator.normal(0, 1, picture.shape)), 0, 255)
    return clip, LANDMARKS @ paths[0][:, :2].T + paths[0][:, 2]


def events(number, seed=0):
    """Return true and predicted events, `number` of each in videos of 20: mappings as `spotting_scores` takes them."""
    generator = np.random.default_rng(seed)
    truth, predicted = [], []
    for n in range(number):
        onset = 200 * (n % 20) + int(generator.integers(1, 100))
        length, shift = int(generator.integers(8, 60)), int(generator.integers(-20, 20))
        kind = ("micro", "macro")[length > 15]
        place = {"dataset": "", "subject": f"s{n // 200:03}", "video": f"v{n // 20:05}", "type": kind}
        truth.append(place | {"onset": onset, "offset": onset + length})
        predicted.append(place | {"onset": max(1, onset + shift), "offset": max(1, onset + shift) + length})
    return truth, predicted


def answers(number, seed=0):
    """Return questions with true answers, and answers: as `vqa_scores` takes them."""
    generator = np.random.default_rng(seed)
    kinds = (
        ("What is the coarse expression class?", ("negative", "positive", "surprise")),
        ("What is the fine-grained expression class?", ("happiness", "disgust", "fear", "sadness", "others")),
        ("What are the action units present?", ("lip corner puller", "brow lowerer, lid tightener", "dimpler")),
        ("Is the action unit brow lowerer shown on the face?", ("yes", "no")),
    )
    rows, given = [], []
    for n in range(number):
        question, known = kinds[n % len(kinds)]
        right, wrong = (known[int(i)] for i in generator.integers(0, len(known), 2))
        rows.append({"id": str(n), "question": question, "answer": right, "subject": f"s{n // 1000:03}"})
        given.append(right if generator.random() < 0.5 else wrong)
    return rows, given


def flow_pictures(number, subjects, seed=0):
    """Return (pictures (n, 28, 28, 3) float32, classes (n,), subjects (n,)) whose classes move different parts."""
    generator = np.random.default_rng(seed)
    classes = generator.integers(0, 3, number)
    pictures = generator.normal(128, 20, (number, 28, 28, 3)).astype(np.float32)
    for picture, kind in zip(pictures, classes):
        picture[8 * kind : 8 * kind + 8] += 25
    names = np.array(["negative", "positive", "surprise"])
    return pictures.clip(0, 255), names[classes], np.arange(number) % subjects


def _paths(frames, size, face, generator):
    """Return the (2, 3) maps from the portrait to each frame."""
    sway = np.cumsum(generator.normal(0, 0.3, (frames, 2)), axis=0)
    scale = face / (2 * HALF)
    corner = np.array(size) / 2 - scale * np.array(CENTRE)
    return [np.column_stack([np.eye(2) * scale, corner + shift]) for shift in sway]
