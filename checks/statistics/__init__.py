"""Intervals, tests and bounds: numbers in, numbers out; nothing here knows of a model or of people."""
