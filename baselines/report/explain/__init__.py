"""The classic pipeline on one video, step by step, as a page that moves: `megc explain`."""
