"""Measured figures: our ways against bare limits, interleaved in one run, as ratios."""
