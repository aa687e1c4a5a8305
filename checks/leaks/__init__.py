"""Rows and texts of the evaluation data that were known in training: what ``provenance.leakage`` counts with."""
