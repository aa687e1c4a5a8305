"""Measure: one file per check, each stating facts about a subject, never whether they are good.

This room imports nothing else of ours. A check names what it needs in its signature and returns a value;
thresholds, severities and verdicts belong to :mod:`proofbox.policies`.
"""
