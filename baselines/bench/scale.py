"""Material for a run over very many frames: `python -m baselines.bench.scale FOLDER`.

FOLDER/data is a manifest dataset: 147 folders of 3402 pictures of 96 px, 200 a second, half a million in all, links to
40 pictures a folder; its events mean nothing. FOLDER/known.py is a plug-in with the landmarks in them, so that no face
is looked for. `--videos` and `--frames` make it smaller.
"""

import os
from pathlib import Path

import click
import cv2

from baselines.bench.clips import face_video, forth_and_back
from baselines.errors import InputError

SIDE, DIFFERENT = 96, 40  # px, pictures of a folder
FACE = 77  # px
KNOWN = f'''"""The landmarks of the pictures that `baselines.bench.scale` writes, in place of those that dlib finds."""

import numpy as np

from baselines import part
from baselines.bench.clips import CENTRE, HALF
from baselines.datasets.synthetic.portrait import LANDMARKS
from baselines.faces import following

POINTS = (LANDMARKS - CENTRE) * {FACE} / (2 * HALF) + {SIDE} / 2
BOX = np.array([{SIDE / 2}, {SIDE / 2}, {FACE}.0])
following.find_faces = lambda grey, enlarge=False, width=None: [BOX]
following.find_near = lambda grey, box: BOX
following.predict_landmarks = lambda grey, box: POINTS


@part("spotting method")
def no_change(faces, fps):
    """Nothing: a plug-in must have a part."""
    return np.zeros(len(faces))
'''


def write_scale(folder, videos, frames):
    """Write the dataset and the plug-in to a new folder."""
    data = folder / "data"
    try:
        data.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{data}: {error.strerror}; name a new folder") from None
    (folder / "known.py").write_text(KNOWN)
    files = [cv2.imencode(".jpg", picture[..., ::-1])[1] for picture in face_video(DIFFERENT, SIDE, face=FACE)]
    listed, events = ["subject,video,path,fps"], ["subject,video,onset,apex,offset,type,emotion,aus"]
    for video in range(videos):
        subject, name = f"s{video // 5:02}", f"v{video:03}"
        own = data / subject / name
        own.mkdir(parents=True)
        paths = [own / f"img{frame:05}.jpg" for frame in range(1, frames + 1)]
        for place, path in zip(forth_and_back(range(DIFFERENT), frames), paths):
            if path is paths[place]:
                path.write_bytes(files[(place + video) % DIFFERENT])  # no two folders alike, or the cache would know
            else:
                os.link(paths[place], path)
        listed.append(f"{subject},{name},{subject}/{name},200")
        events += [f"{subject},{name},{n},{n + 40},{n + 80},micro,others," for n in range(1, frames - 80, 1000)]
    (data / "videos.csv").write_text("\n".join(listed) + "\n")
    (data / "events.csv").write_text("\n".join(events) + "\n")


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--videos", default=147, show_default=True)
@click.option("--frames", default=3402, show_default=True)
def main(folder, videos, frames):
    """Write it, and print what to run."""
    write_scale(folder, videos, frames)
    click.echo(
        f"megc run-all --dataset manifest --data-root {folder}/data --task spotting --recipe regional-contrast "
        f"--plugin {folder}/known.py --output {folder}/out"
    )


if __name__ == "__main__":
    main()
