"""A miniature of CASME II in its published layout, with pictures that hold a face: clips of the embedded corpus."""

import csv
import shutil
from pathlib import Path

from test_dataset_casme2 import table

FIRST = 46  # the number of the first picture
# of the clips one after the other, whatever they show: five classes, and two that are in none of these
IN_TURN = ("happiness", "surprise", "disgust", "repression", "others", "sadness", "fear")


def casme2_with_faces(corpus, folder, words=None):
    """Write CASME2-RAW and the coding sheet into `folder`, a subject and a clip for each of the corpus; return it.

    corpus: a folder that `generate` wrote. words: {emotion there: emotion here}; by default they are given in turn.
    """
    rows = []
    with open(corpus / "clips" / "events.csv", newline="", encoding="utf-8") as stream:
        for number, event in enumerate(csv.DictReader(stream)):
            name = f"EP{number + 1:02}_01"
            target = folder / "CASME2-RAW" / event["subject"] / name
            target.mkdir(parents=True)
            pictures = sorted((corpus / "clips" / event["subject"] / event["video"]).iterdir())
            for position, picture in enumerate(pictures):
                shutil.copy(picture, target / f"img{FIRST + position}{Path(picture).suffix}")
            onset, apex, offset = (int(event[key]) + FIRST - 1 for key in ("onset", "apex", "offset"))
            subject = int(event["subject"].removeprefix("sub"))
            emotion = words[event["emotion"]] if words else IN_TURN[number % len(IN_TURN)]
            rows.append([subject, name, None, onset, apex, offset, None, event["aus"].replace("AU", ""), emotion])
    table(folder, rows)
    return folder
