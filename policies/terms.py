"""Words that a policy and the record of its judgement share."""

from __future__ import annotations

from typing import Literal

Level = Literal["must", "should"]
Origin = Literal["law", "practice", "default", "provider"]
Procedure = Literal["holm", "benjamini-hochberg"]
Controlled = Literal["fail", "pass", "both"]
"""Which verdicts of a family are kept from being given in error more often than its confidence allows."""
