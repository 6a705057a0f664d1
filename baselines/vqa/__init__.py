"""ME-VQA: questions understood, clips measured, answers worded so that those of one clip agree.

`questions` reads and parses questions, `evidence` measures a clip, `rules` turns what was measured into
one finding and answers from it, `answers` has the official wording, `prior` is the floor.
"""
