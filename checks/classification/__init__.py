"""Checks of how the provider classifies its own system."""
