"""Policies of Acme's, found by Proofbox through the entry point ``proofbox.policies``."""
