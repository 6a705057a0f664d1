"""The chapters on motion: the video, the aligned face, optical flow, optical strain."""

import numpy as np
from numpy.typing import NDArray

from baselines.faces.track import SMOOTHING
from baselines.report.explain.drawing import gallery, outline
from baselines.report.explain.lesson import SIDE, SIZE, Chapter, Lesson, pictures_at, shrunk
from baselines.report.pages.page import picture_uri
from baselines.vqa.llama.panel import FULL_BRIGHTNESS, LEAST_SPEED, colour_wheel, flow_colours
from features.alignment import EYE_DISTANCE, align, registrations, smooth, transform
from features.optical_strain import optical_strain
from features.regions import REGIONS, boxes, region_means

MOST_PICTURES = 90  # of the whole video
ARROWS, WHEEL = 8, 96  # px between arrows, side of the colour wheel
EYES = [slice(36, 42), slice(42, 48)]
WEBP = {"form": "WEBP", "quality": 72}
WAYS = {
    "none": "upright box, fixed",
    "first": "registered by the first frame",
    "mean": "registered by the mean of the clip",
    "each": "every frame by its own",
}


def video_chapter(lesson: Lesson) -> Chapter:
    """The frames of the video, with the landmarks over them."""
    points, video = lesson.landmarks, lesson.video
    shown = np.unique(np.linspace(0, len(video.frames) - 1, min(len(video.frames), MOST_PICTURES)).round().astype(int))
    pictures = pictures_at(video, shown)
    small = [shrunk(picture) for picture in pictures]
    scale = min(1.0, SIDE / max(pictures[0].shape[:2]))
    eyes = _eye_distance(points)
    known = np.isfinite(points[:, 0, 0])
    chosen = int(np.abs(shown + 1 - (lesson.movement[0].apex or lesson.movement[0].onset)).argmin())
    where = [None if not known[i] else (points[i] * scale).round(1).tolist() for i in shown]
    data = {
        "pictures": [picture_uri(picture, **WEBP) for picture in small],
        "numbers": [video.number(int(i) + 1) for i in shown],
        "points": where,
        "size": [small[0].shape[1], small[0].shape[0]],
        "start": chosen,
    }
    values = {
        "frames": len(video.frames),
        "fps": video.fps,
        "seconds": len(video.frames) / video.fps,
        "width": pictures[0].shape[1],
        "height": pictures[0].shape[0],
        "without": int((~known).sum()),
        "eyes": eyes,
    }
    exercises = (
        (
            "A micro-expression moves the skin by 1 to 3 % of the distance between the eyes. How many pixels are that?",
            f"The eyes are {eyes:.0f} px apart, so {0.01 * eyes:.1f} to {0.03 * eyes:.1f} px.",
        ),
        (
            "How many frames does a micro-expression of .3 s have in this video?",
            f"{0.3 * video.fps:.0f}, at {video.fps:g} frames per second.",
        ),
    )
    picture = pictures[chosen].copy()
    figure = gallery([picture], [f"frame {data['numbers'][chosen]}"])
    if known[shown[chosen]]:
        outline(figure.axes[0], points[shown[chosen]])
    code = (
        "import baselines\n\n"
        "landmarks = baselines.landmarks(video)  # (T, 68, 2) px, NaN without a face\n"
        "eyes = landmarks[:, 42:48].mean(axis=1) - landmarks[:, 36:42].mean(axis=1)"
    )
    parameters = {"landmarks": "dlib, 68 points", "confirmed every": "0.25 s"}
    return Chapter("video", "The video and its landmarks", code, parameters, values, data, exercises, figure)


def _eye_distance(points: NDArray[np.float32]) -> float:
    left, right = (points[:, eye].mean(axis=1) for eye in EYES)
    return float(np.nanmedian(np.hypot(*(right - left).T)))


def alignment_chapter(lesson: Lesson) -> Chapter:
    """The face before and after it is registered, and how far the eyes move in each."""
    clip = lesson.clip
    raw, known = lesson.clip_landmarks, lesson.known
    smoothed = smooth(raw, SMOOTHING * clip.fps)
    fixed = [face for face in align(clip.frames.in_grey(), raw, SIZE, "none") if face is not None][:: lesson.step]
    each = [face for face in align(clip.frames.in_grey(), smoothed, SIZE, "each") if face is not None][:: lesson.step]
    eyes = {}
    for way in WAYS:
        source = smoothed if way == "each" else raw
        inside = transform(raw[known], registrations(source, SIZE, way)[known])
        eyes[way] = np.stack([inside[:, eye].mean(axis=1) for eye in EYES], axis=1)
    moved = {way: _spread(centres) for way, centres in eyes.items()}
    unit = EYE_DISTANCE * SIZE
    data = {
        "fixed": [picture_uri(face, **WEBP) for face in fixed],
        "aligned": [picture_uri(face, **WEBP) for face in each],
        "numbers": lesson.numbers,
        "start": lesson.apex,
        "eyes": {"fixed": eyes["none"].round(2).tolist(), "aligned": eyes["each"].round(2).tolist()},
    }
    values = {"moved": [(way, text, moved[way], 100 * moved[way] / unit) for way, text in WAYS.items()]}
    ratio = moved["none"] / max(moved["each"], 1e-9)
    exercises = (
        (
            "By what factor does registering every frame reduce the motion of the eyes here, and what does it cost?",
            f"From {moved['none']:.2f} to {moved['each']:.2f} px, {ratio:.1f} times less. What remains is the jitter "
            "of the landmarks, and it now shakes the whole face: recognition registers a clip once, by its mean.",
        ),
    )
    code = (
        "from baselines.faces.track import cached_track\n"
        "from features.alignment import align, registrations, smooth, transform\n\n"
        "raw = cached_track(clip.frames, clip.fps).landmarks\n"
        f"smoothed = smooth(raw, {SMOOTHING} * clip.fps)\n"
        f'fixed = list(align(clip.frames.in_grey(), raw, {SIZE}, by="none"))\n'
        f'each = list(align(clip.frames.in_grey(), smoothed, {SIZE}, by="each"))\n'
        f'inside = transform(raw, registrations(smoothed, {SIZE}, by="each"))'
    )
    figure = gallery(
        [fixed[0], fixed[lesson.apex], each[0], each[lesson.apex]],
        ["fixed, onset", "fixed, apex", "registered, onset", "registered, apex"],
    )
    parameters = {"size": SIZE, "eye distance in the crop": f"{EYE_DISTANCE:g} of it", "smoothing": f"{SMOOTHING:g} s"}
    return Chapter("alignment", "Alignment", code, parameters, values, data, exercises, figure)


def _spread(centres: NDArray[np.float64]) -> float:
    """Return the root mean square of how far (T, 2, 2) eye centres are from their means, px of the crop."""
    return float(np.sqrt(((centres - centres.mean(axis=0)) ** 2).sum(axis=-1).mean()))


def flow_chapter(lesson: Lesson) -> Chapter:
    """The optical flow from the first face to each of the others."""
    faces, flows = lesson.faces, lesson.flows
    full = max(float(np.percentile(np.hypot(flows[..., 0], flows[..., 1]), FULL_BRIGHTNESS)), LEAST_SPEED)
    colours = [flow_colours(flow, full) for flow in flows]
    half = ARROWS // 2
    wheel, far = colour_wheel(WHEEL)
    wheel[far > 1] = 255
    data = {
        "faces": [picture_uri(face, **WEBP) for face in faces],
        "colours": [picture_uri(picture, "WEBP", 80) for picture in colours],
        "arrows": flows[:, half::ARROWS, half::ARROWS].round(2).tolist(),
        "step": ARROWS,
        "numbers": lesson.numbers,
        "start": lesson.apex,
        "size": SIZE,
        "full": round(full, 4),
        "wheel": picture_uri(wheel),
        "mean": [round(speed, 4) for speed in lesson.speeds],
    }
    apex = flows[lesson.apex]
    means = region_means(apex, boxes(lesson.face_landmarks, REGIONS))
    lengths = np.where(np.isfinite(means).all(axis=1), np.hypot(*means.T), -1)
    most = int(np.argmax(lengths))
    name, (u, v) = list(REGIONS)[most], means[most]
    values = {"full": full, "mean": data["mean"][lesson.apex], "apex": lesson.numbers[lesson.apex]}
    exercises = (
        (
            f"Which of the {len(REGIONS)} regions of brows and mouth moves farthest from the onset to frame "
            f"{values['apex']}, and which way?",
            f"The {name}: {abs(u):.2f} px to the {'right' if u > 0 else 'left'} of the picture and {abs(v):.2f} px "
            f"{'down' if v > 0 else 'up'}, {100 * float(lengths[most]) / (EYE_DISTANCE * SIZE):.1f} % of the eye "
            "distance.",
        ),
    )
    code = (
        "from features.optical_flow import optical_flow\n\n"
        f"flow = optical_flow(faces[0], faces[{lesson.apex}])  # ({SIZE}, {SIZE}, 2): u right, v down, px"
    )
    figure = gallery([faces[0], faces[lesson.apex], colours[lesson.apex], wheel], ["onset", "apex", "flow", "wheel"])
    parameters = {"method": "farneback", "from": f"frame {lesson.numbers[0]}", "full brightness": f"{full:.2f} px"}
    return Chapter("flow", "Optical flow", code, parameters, values, data, exercises, figure)


def strain_chapter(lesson: Lesson) -> Chapter:
    """The optical strain of the same flow."""
    maps = np.stack([optical_strain(flow) for flow in lesson.flows])
    full = max(float(np.percentile(maps, 99.5)), 1e-6)
    levels = np.rint(255 * np.clip(maps / full, 0, 1)).astype(np.uint8)
    data = {
        "maps": [picture_uri(level, **WEBP) for level in levels],
        "numbers": lesson.numbers,
        "start": lesson.apex,
        "size": SIZE,
        "full": round(full, 6),
        "mean": [round(float(one.mean()), 6) for one in maps],
    }
    shifted = lesson.flows[lesson.apex] + np.array([1, 0], np.float32)
    before, after = lesson.speeds[lesson.apex], float(np.hypot(*shifted.T).mean())
    still, moved = float(maps[lesson.apex].mean()), float(optical_strain(shifted).mean())
    values = {"full": full, "mean": data["mean"][lesson.apex], "apex": lesson.numbers[lesson.apex]}
    exercises = (
        (
            f"The head moves 1 px to the right besides. What happens to the mean length of the flow at frame "
            f"{values['apex']}, and what to the mean strain?",
            f"The flow grows from {before:.3f} to {after:.3f} px; the strain is {still:.5f} before and {moved:.5f} "
            "after: a shift of the whole has no derivative.",
        ),
    )
    code = (
        "from features.optical_flow import optical_flow\n"
        "from features.optical_strain import optical_strain\n\n"
        f"strain = optical_strain(optical_flow(faces[0], faces[{lesson.apex}]))  # ({SIZE}, {SIZE}), px per px"
    )
    figure = gallery(
        [lesson.faces[lesson.apex], levels[lesson.apex]], ["apex", "optical strain"], maps=("gray", "inferno")
    )
    parameters = {"differences": "central", "full brightness": f"{full:.4f}"}
    return Chapter("strain", "Optical strain", code, parameters, values, data, exercises, figure)
