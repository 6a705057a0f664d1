"""Recognition: what a classifier sees of a clip, and the recognizer that a recipe builds."""
