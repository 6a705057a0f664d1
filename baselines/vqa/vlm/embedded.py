"""Make the embedded vision model: draw what it learns from, train it, score it on people left out, write its files.

    python -m baselines.vqa.vlm.embedded FOLDER

A run that was cut goes on where it was, be it drawing or training, and ends with the same weights. FOLDER then holds
`model.gguf`, `mmproj.gguf`, `scores.json` and, in `corpus`, the pictures of each subject.
"""

import json
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from baselines.files import write_text
from baselines.recognition.transforms import Recentre
from baselines.vqa.vlm.augment import CUT_ALREADY
from baselines.vqa.vlm.corpus import WIDE, make_pictures
from baselines.vqa.vlm.train import Material, Plan, answers, fit, made_up, note_of, score, write

PLAN = Plan(steps=1500, from_scratch=True)
LEFT_OUT = 10  # every tenth subject is not learned from


def make(folder, wide=WIDE, plan=PLAN, jobs=1):
    """Write the pair and its scores into a folder and return the scores, those on the subjects left out.

    wide: what is drawn, a `corpus.Wide`. jobs: workers that draw; training takes one core.
    """
    folder = Path(folder)
    material = read_material(wide, folder / "corpus", jobs)
    left_out = np.array(material.subjects) % LEFT_OUT == 0
    network = fit(material.take(~left_out), plan, folder / "checkpoint.pt")
    note = note_of(f"{wide}", material.take(~left_out), plan, {})
    scores = score(answers(write(network, folder, note), material.take(left_out)))
    note["held_out"] = {"subjects": len({*material.take(left_out).subjects}), **scores}
    write(network, folder, note)
    write_text(folder / "scores.json", json.dumps(note, indent=1))
    return note["held_out"]


def read_material(wide, folder, jobs=1):
    """Return the `Material` of a `Wide` corpus that is kept in a folder."""
    pictures, events, subjects = make_pictures(wide, folder, jobs)
    pictures[..., 2] -= pictures[..., 2].min(axis=(1, 2), keepdims=True)  # as published pictures have it
    rng = np.random.default_rng(wide.seed)
    questions = [made_up(event, str(who), f"c{n}", rng) for n, (event, who) in enumerate(zip(events, subjects))]
    return Material(Recentre().transform(pictures), events, subjects, questions, CUT_ALREADY)


@click.command(help=__doc__.splitlines()[0])
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--steps", type=click.IntRange(1), default=PLAN.steps, show_default=True, help="Steps of training.")
@click.option("--jobs", type=int, default=2, show_default=True, help="Workers that draw.")
def main(folder, steps, jobs):
    """Make the model, and print its scores as JSON."""
    click.echo(json.dumps(make(folder, plan=replace(PLAN, steps=steps), jobs=jobs), indent=1))


if __name__ == "__main__":
    main()
