"""Checks of whether people could stop and overrule the system."""
