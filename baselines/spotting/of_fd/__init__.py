"""The winner of the MEGC2022 spotting challenge: the motion of windows, its empirical modes, the rule, the method."""
