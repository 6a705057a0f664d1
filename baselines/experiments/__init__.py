"""Recipe x dataset x fold -> rows: what `run-all` runs."""
