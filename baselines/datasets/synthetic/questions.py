"""Questions and answers in the formats of the challenge: about clips ME-VQA v1 (MEGC2025), about long videos ME-LVQA
(MEGC2026)."""

from baselines.action_units import NAMES, names_text, parse_one
from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import COMBINED, TEMPLATES


def clip_questions(rng, subject, clip, events):
    """Return the six or seven question records about the one event of a clip; `rng` chooses the units asked about."""
    (event,) = events
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


def video_questions(rng, subject, video, events):
    """Return the question records about the events of a long video: three counts, its units, the type of two events.

    `rng` chooses the events whose type is asked for. A video with fewer events has fewer questions about them, and
    one without any none about units.
    """
    events = sorted(events, key=lambda event: event.onset)
    pairs = [
        (TEMPLATES["count", scope], str(sum(scope in ("expression", event.kind) for event in events)))
        for scope in ("expression", "micro", "macro")
    ]
    units = {parse_one(code).number for event in events for code in event.action_units}
    if units:
        pairs.append((TEMPLATES["distinct_action_units", ""], names_text(sorted(units))))
    for place in sorted(rng.permutation(len(events))[:2].tolist()):
        question = TEMPLATES["event_type", ""].format(ordinal=place + 1)
        pairs.append((question, f"{events[place].kind}-expression"))
    return [
        {
            "video_id": f"synthetic_{subject}_{video}_{n}",
            "dataset": "synthetic",
            "subject": subject,
            "video": video,
            "question": question,
            "answer": answer,
        }
        for n, (question, answer) in enumerate(pairs, start=1)
    ]
