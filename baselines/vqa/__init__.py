"""ME-VQA: questions understood, clips and long videos measured, answers worded so that those of one clip agree.

`questions` parses by the table `baselines.datasets.question_kinds`; `media` finds the clips and videos asked about;
`analyst` holds the classifiers and `evidence` what they find in each; `rules` concludes from that one finding a clip
and answers from it in the wording of `answers`. `answerers` has the protocol that the command and the experiments use,
the rules and the floor under it; the vision model is in `llama`, its training in `vlm`, and `pooling` joins it with
the classifiers. `annotation` reads from answered questions what the classifiers learn.
"""
