"""Asking the model: questions side by side, rows changed on purpose, and the smallest case of what they came to."""
