"""Scores of prediction files against truth files: read, check, compute, say what was computed.

`score_spotting`, `score_recognition`, `score_strs` and `score_vqa`, in the modules of these names, read
files; `spotting_scores` and so on take rows already read. Each returns the mapping that `score --json`
prints: the figures, `signature` (exactly what was computed), `ci` (95 % bootstrap intervals over
subjects, [low, high] or None, nested as the figures are) and, from files, `warnings` (lines for stderr).
"""
