"""Spotting: long video in, intervals of micro- and macro-expressions out. `baselines.parts` lists the methods."""
