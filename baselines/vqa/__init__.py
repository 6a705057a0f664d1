"""ME-VQA: questions understood, clips and long videos measured, answers worded so that those of one clip agree.

`service` answers a file: `questions` parses, `media` finds what is asked about, `measuring` and `evidence` measure it,
`rules` turns what was measured into one finding and answers from it, `answers` has the official wording. `prior` is
the floor.
"""
