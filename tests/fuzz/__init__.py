"""Seeded mutations of every kind of input, each read by the command line in a child process with limits.

    python -m tests.fuzz --long 3000            # that many of each kind, and a table of what came of them
    python -m tests.fuzz KIND SEED --keep DIR   # one of them: its files and command line stay in DIR

`values` and `mutations` know no kind of input, `kinds` how a small valid one is made and read, `server` forks a child
for each case, `cases` judges what came of it.
"""
