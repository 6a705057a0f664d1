"""Faces: found, followed from frame to frame, their 68 landmarks, the aligned faces of a clip."""
