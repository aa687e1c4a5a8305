"""Measure a recorded assessment again and say whether it comes out the same."""
