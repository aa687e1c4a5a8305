"""Lists of the clauses of a framework: what each asks in our own words, and what kind of evidence can bear on it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field

from proofbox.policies.model import Filled, PolicyModel, Slug, Wording
from proofbox.policies.validation import validate
from proofbox.policies.yamlfile import read_own_yaml

ATTESTATION = "attestation"
"""The evidence that a person gives; every other is a check by its id, or a whole family of them by its name."""


class Clause(PolicyModel):
    """One clause of a framework."""

    clause: Filled
    """as its own text numbers it"""
    confidence: Literal["V", "V2"]
    """V: the clause's own text was read; V2: a secondary source was read"""
    evidence: tuple[Filled, ...]
    """checks, families of checks, or attestation, that can bear on it; none where nothing that we do can"""
    text: Wording
    """what it asks, in short words of our own"""


class ClauseList(PolicyModel):
    """The clauses of one framework that bear on a product."""

    schema_: Literal["proofbox/clauses/v1"] = Field(alias="schema")
    framework: Slug
    title: Wording
    source: Filled
    """key of the source that was read (docs/policies.md)"""
    clauses: tuple[Clause, ...] = Field(min_length=1)

    def find(self, clause: str) -> Clause | None:
        """Return a clause by its number, blanks aside."""
        wanted = "".join(clause.split())
        return next((item for item in self.clauses if "".join(item.clause.split()) == wanted), None)


@cache
def clause_lists() -> Mapping[str, ClauseList]:
    """Return framework -> its list of clauses; a framework that we have no list of is absent."""
    found: dict[str, ClauseList] = {}
    for entry in sorted(resources.files("proofbox.policies").joinpath("clauses").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            listed = validate(read_own_yaml(entry.read_bytes(), entry.name), ClauseList)
            found[listed.framework] = listed
    return found
