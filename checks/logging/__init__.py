"""Checks of the log that the system keeps of itself."""
