"""Questions and answers about a clip in the ME-VQA v1 format (MEGC2025, visual question answering track)."""

from baselines.action_units import NAMES, names_text, parse_one
from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import COMBINED, TEMPLATES


def clip_questions(rng, subject, clip, event):
    """Return the six or seven question records of a clip; `rng` chooses the units asked about."""
    units, emotion = [parse_one(code) for code in event.action_units], event.emotion
    number, listed = "several" if len(units) > 1 else "one", names_text(units)
    pairs = []

    def ask(kind, answer, number="", unit=""):
        pairs.append((TEMPLATES[kind, number].format(unit=unit), answer))

    ask("coarse", coarse(emotion))
    ask("fine", emotion)
    ask("action_units", listed, number)
    sided = [unit for unit in units if unit.side]
    if sided:
        unit = sided[int(rng.integers(len(sided)))]
        ask("side", unit.side, unit=unit.name)
    ask("shown", "yes", unit=units[int(rng.integers(len(units)))].name)
    absent = [name for unit, name in NAMES.items() if unit not in {unit.number for unit in units}]
    ask("shown", "no", unit=absent[int(rng.integers(len(absent)))])
    ask("combined", COMBINED[number].format(units=listed, fine=emotion, coarse=coarse(emotion)), number)
    image = f"{subject}_{clip}"
    return [
        {
            "id": f"synthetic_{image}_{n}",
            "dataset": "synthetic",
            "image_id": image,
            "subject": subject,
            "filename": clip,
            "question": question,
            "answer": answer,
        }
        for n, (question, answer) in enumerate(pairs, start=1)
    ]
