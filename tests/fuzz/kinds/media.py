"""What is looked at: videos, pictures, landmarks in files, numbers in names."""

import cv2
import numpy as np
from replicas import write_noise
from test_openface import FACE, table

from ..mutations import damage
from .kind import Kind, put

CODECS = {"mp4": "libx264", "avi": "mpeg4", "mkv": "libx264", "webm": "libvpx"}
SIDE, FRAMES = 64, 12
SPOT = "spot {} --output out/x.csv --jobs 1 --landmarks in/faces.csv"
CHECK = "data check manifest --data-root {} --jobs 1"


def landmarks(folder, frames=FRAMES):
    put(folder / "faces.csv", table(range(1, frames + 1), face=FACE / 2))


def video(suffix):
    """Return what writes a video of half noise, half grey, and landmarks for it."""

    def write(folder):
        import av

        rng = np.random.default_rng(0)
        with av.open(str(folder / f"a.{suffix}"), "w", options={"fflags": "+bitexact"}) as container:
            stream = container.add_stream(CODECS[suffix], rate=25)
            stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
            for number in range(FRAMES):
                picture = np.full((SIDE, SIDE, 3), 100 + number, np.uint8)
                picture[: SIDE // 2] = rng.integers(0, 256, (SIDE // 2, SIDE, 3))
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            container.mux(stream.encode())
        landmarks(folder)

    return write


def pictures(folder):
    write_noise(folder / "png", 4, (48, 48))
    for suffix in ("jpg", "bmp", "tif"):
        (folder / suffix).mkdir()
        for path in sorted((folder / "png").iterdir()):
            cv2.imwrite(str(folder / suffix / f"{path.stem}.{suffix}"), cv2.imread(str(path)))
    landmarks(folder, 4)


def openface(folder):
    video("avi")(folder)


def numbered(folder):
    write_noise(folder / "clip", 4, (48, 48))
    landmarks(folder, 4)


PICTURES = (
    *("img2.png", "img.png", "img99999999999999999999.png", "img-1.png", "1.5.png", "img3.jpg", "img4.PNG", ".png"),
    *(
        "img" + "9" * 240 + ".png",
        "img0.png",
        "img٣.png",
        "a\nb1.png",
        "\x1b[2J1.png",
        "img1e9.png",
        "img1000000000.png",
    ),
)
EXPRESSIONS = (
    *(r"(\d+)", r"img(\d+)", r"(.*)", r"()", r"(", r"\d+", r"(\d)(\d)", r"(?P<a>\d+)", r"(a+)+$", r"(\d+)?", "([", ""),
    *(r"(?<=img)(\d+)", "(" * 500 + ")" * 500, r"(\w+\s?)*x", r"(\d{1,99999999999})", r"((?:img)+\d+)+", "\x00(1)"),
    "(٣)",
)


def rename(path, rng):
    """Give a picture another name, or damage it."""
    if rng.random() < 0.2:
        return damage(path, rng)
    name = rng.choice(PICTURES)
    path.rename(path.with_name(name))
    return f"is named {name[:30]!r}"


def expression(arguments, rng):
    """Write another expression for the numbers in names."""
    text = rng.choice(EXPRESSIONS)
    arguments += ["--frame-number", text]
    return f"--frame-number {text[:30]!r}"


KINDS = (
    *(
        Kind(
            suffix, video(suffix), (CHECK.format(f"in/a.{suffix}"), SPOT.format(f"in/a.{suffix}")), (f"in/a.{suffix}",)
        )
        for suffix in CODECS
    ),
    Kind(
        "pictures",
        pictures,
        tuple(form.format(f"in/{suffix}") for suffix in ("png", "jpg", "bmp", "tif") for form in (CHECK, SPOT)),
        ("in/png/*", "in/jpg/*", "in/bmp/*", "in/tif/*"),
    ),
    Kind("frame names", numbered, (CHECK.format("in/clip"), SPOT.format("in/clip")), ("in/clip/*",), change=rename),
    Kind("frame numbers", numbered, (SPOT.format("in/clip"),), argue=expression),
    Kind(
        "openface",
        openface,
        (
            SPOT.format("in/a.avi"),
            "features extract region_motion in/a.avi --landmarks in/faces.csv --output out/x.csv --jobs 1",
            "features extract hoof in/a.avi --landmarks in/faces.csv --output out/x.npz --jobs 1",
            "features extract landmarks in/a.avi --landmarks in/faces.csv --output - --jobs 1",
        ),
        ("in/faces.csv",),
    ),
)
