"""Rows of experiments as a run writes them, made by hand, and folders that hold them."""

import json

CLASSES = ("negative", "positive", "surprise")


def recognized(recipe, right, dataset="flow-images", seed=0, subjects=6):
    """Rows of a recognition experiment on two databases; `right(n)` tells which of 6 clips a subject are right."""
    rows = []
    for fold in range(subjects):
        clips = [{"dataset": ("smic", "samm")[fold % 2], "subject": f"s{fold}", "clip": str(n)} for n in range(6)]
        labels = [(CLASSES[n % 3], CLASSES[(n + (not right(n))) % 3]) for n in range(6)]
        predictions = [clip | dict(zip(("label", "prediction"), pair)) for clip, pair in zip(clips, labels)]
        rows.append(experiment("recognition", recipe, dataset, seed, fold) | {"predictions": predictions})
    return rows


def spotted(recipe, hits, subjects=4):
    """Rows of a spotting experiment: one micro- and one macro-expression a subject, `hits` (of 2) found."""
    rows = []
    for fold in range(subjects):
        truth = [
            {"subject": f"s{fold}", "video": "v", "onset": 10 + 100 * n, "offset": 19 + 100 * n, "type": kind}
            for n, kind in enumerate(("micro", "macro"))
        ]
        sides = {"truth": truth, "predictions": truth[:hits] if fold else truth}
        rows.append(experiment("spotting", recipe, "d", 0, fold) | sides)
    return rows


def strs(recipe, emotion, subjects=4):
    rows = spotted(recipe, 2, subjects)
    for row in rows:
        for side, name in (("truth", "negative"), ("predictions", emotion)):
            row[side] = [event | {"emotion": name, "type": "micro"} for event in row[side]]
    return [row | {"task": "str"} for row in rows]


def answered(recipe, answer, subjects=4):
    rows = []
    for fold in range(subjects):
        asked = {"dataset": "d", "subject": f"s{fold}", "question": "What is the coarse expression class?"}
        answers = [("negative", answer), ("positive", "positive")]
        predictions = [
            asked | {"id": f"{fold}_{n}", "video": f"c{n}", "answer": true, "prediction": found}
            for n, (true, found) in enumerate(answers)
        ]
        rows.append(experiment("vqa", recipe, "d", 0, fold) | {"predictions": predictions})
    return rows


def experiment(task, recipe, dataset, seed, fold):
    fixed = {
        "task": task,
        "recipe": recipe,
        "dataset": dataset,
        "seed": seed,
        "digest": f"{task} {recipe} {dataset} {seed}",
    }
    return fixed | {"fold": f"{dataset}/s{fold}", "fold_number": fold, "seconds": 1.0, "growth_mb": 10.0, "kept": {}}


def cell(base, **settings):
    """(name of a cell, its note): settings are `key__word=value`, all of them varied."""
    varied = {key.replace("__", "."): value for key, value in settings.items()}
    told = ", ".join(f"{key}={json.dumps(value, separators=(',', ':'))}" for key, value in varied.items())
    note = {"base": base, "varied": varied, "settings": {"classifier": "svm", **varied}, "floor": False}
    return (f"{base} ({told})" if varied else base), note


def write_run(folder, *experiments, notes=None):
    """Write experiments, lists of rows, as an output folder; notes: {recipe: what notes.jsonl tells of it}."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, told = [], []
    for rows in experiments:
        lines += [json.dumps(row | {"folds": len(rows), "protocol": "loso", "classes": "coarse"}) for row in rows]
        note = (notes or {}).get(rows[0]["recipe"])
        told += [json.dumps({"digest": rows[0]["digest"], **note})] if note else []
    (folder / "rows.jsonl").write_text("".join(line + "\n" for line in lines))
    (folder / "notes.jsonl").write_text("".join(line + "\n" for line in told))
    return folder
