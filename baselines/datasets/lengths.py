"""What the length of an expression tells: whether it is micro or macro."""

MICRO = 0.5  # seconds; the longest micro-expression


def kind_of(frames: float, fps: float, longest_micro: float = MICRO) -> str:
    """Return micro or macro for an expression of so many frames."""
    return "micro" if frames <= longest_micro * fps + 0.5 else "macro"
