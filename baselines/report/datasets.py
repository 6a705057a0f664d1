"""What is known of a dataset, and what a check found in a copy, as text to read."""

import textwrap

WIDTH = 100
FIX = ("clip", "column", "original", "fix", "source")
FACTS = ("licence", "page", "citation", "size", "protocol")


def description_text(facts):
    """Return the facts of `datasets.describe` as text: title, wrapped facts, tables, and the layout that is read."""
    lines = [f"{facts['name']}: {facts['title']}", f"tasks: {', '.join(facts['tasks'])}"]
    lines += [_wrapped(name, facts[name]) for name in FACTS if facts[name]]
    if facts["published"]:
        lines.append(_wrapped("counts of a complete copy", facts["source"]))
        lines += [f"  {line}" for line in _columns(facts["published"].items())]
        for release, counts in facts["releases"].items():
            told = ", ".join(f"{number or 'no'} {what}" for what, number in counts.items())
            lines.append(_wrapped(f"  {release}", told))
    lines += ["classes (--classes NAME, or your own as A,B or A=C+D,B):", *_class_sets(facts["classes"])]
    if "parameters" in facts:
        lines += ["parameters:", *_settings(facts["parameters"], "  ")]
    lines += ["", "layout:", textwrap.indent(facts["layout"], "  ")]
    if facts["label_fixes"]:
        lines += ["", "known label errors that are corrected (--no-label-fixes leaves them):"]
        fixes = [[fix[key] or "(empty)" for key in FIX] for fix in facts["label_fixes"]]
        lines += [f"  {line}" for line in _columns([FIX, *fixes])]
    return "\n".join(lines)


def check_text(report):
    """Return what `check_dataset` gives as a table and one line a finding, then one a note."""
    words = {True: "yes", False: "NO", None: ""}
    rows = [
        (row["what"], row["found"], "" if row["published"] is None else row["published"], words[row["ok"]])
        for row in report["table"]
    ]
    findings = [" ".join(line.split()) for line in report["findings"]]
    verdict = f"findings: {len(findings)}" if findings else "nothing is wrong with this copy"
    notes = [f"notes, nothing to correct: {len(report['notes'])}", *report["notes"]] if report["notes"] else []
    return "\n".join([*_columns([("what", "found", "published", "ok"), *rows]), "", verdict, *findings, *notes])


def _class_sets(sets):
    """Return the class sets of a dataset as wrapped lines: classes with what is merged, what is dropped, the source."""
    for known in sets:
        merged = [
            name if words == [name] else f"{name} ({', '.join(words)})" for name, words in known["classes"].items()
        ]
        without = f"without {', '.join(known['dropped'])}" if known["dropped"] else ""
        told = "; ".join(filter(None, (", ".join(merged), without, known["source"])))
        yield textwrap.indent(_wrapped(known["name"], told), "  ")


def _wrapped(name, text):
    return textwrap.fill(
        f"{name}: {text}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _settings(values, indent):
    """Return nested settings as indented lines."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _settings(value, indent + "  ")
        else:
            yield f"{indent}{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"


def _columns(rows):
    """Return rows of cells as aligned lines; the last column keeps its width."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in texts]
