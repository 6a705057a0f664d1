"""What can be seen of a clip, one family a module: its faces, the flow between two of them, all frames together.

`baselines.recognition.representation` lists the representations that recipes name.
"""
