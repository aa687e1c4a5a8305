"""Checks of a controlled trial: its level and its limits."""
