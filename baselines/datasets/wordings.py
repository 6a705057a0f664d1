"""The official wordings of ME-VQA: v1 of the MEGC2025 (clips), v2 and long videos of the MEGC2026."""

# (kind, plural) or (kind, scope) -> the wording of the challenge; {unit} is an AU name, {ordinal} a number from 1.
TEMPLATES = {
    ("coarse", ""): "What is the coarse expression class?",
    ("fine", ""): "What is the fine-grained expression class?",
    ("action_units", "one"): "What is the action unit?",
    ("action_units", "several"): "What are the action units?",
    ("side", ""): "Is the action unit {unit} located on the left or right face?",
    ("shown", ""): "Is the action unit {unit} shown on the face?",
    ("combined", "one"): (
        "What is the action unit present, and based on it, "
        "what is the fine-grained expression and the coarse expression class?"
    ),
    ("combined", "several"): (
        "What are the action units present, and based on them, "
        "what is the fine-grained expression and the coarse expression class?"
    ),
    ("description", ""): "Please analyse the micro-expression shown in this video in detail.",
    ("count", "expression"): "How many expression events appear in this video?",
    ("count", "micro"): "How many micro-expression events appear in this video?",
    ("count", "macro"): "How many macro-expression events appear in this video?",
    ("distinct_action_units", ""): "What distinct action units appear in this video?",
    ("event_type", ""): "What is the expression type of the {ordinal}-th expression event in this video?",
    ("intervals", "expression"): "How many expression events appear in this video? Localize every event.",
    ("intervals", "micro"): (
        "How many micro-expression events appear in this video? "
        "Localize every micro-expression event in the video."
    ),
    ("intervals", "macro"): (
        "How many macro-expression events appear in this video? "
        "Localize every macro-expression event in the video."
    ),
}  # fmt: skip
CONCLUSION = "Therefore, the fine-grained expression class is {fine}, and the coarse expression class is {coarse}."
COMBINED = {
    "one": "The action unit present is: {units}. " + CONCLUSION,
    "several": "The action units present are: {units}. " + CONCLUSION,
}
