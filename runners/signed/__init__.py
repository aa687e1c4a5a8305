"""Signed by persons: keys, detached signatures, and the statements, waivers and checkpoints that they are under."""
