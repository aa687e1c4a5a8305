"""Fixtures of a policy: small synthetic results, each with the verdict and the conclusion that it must have.

They stand in ``fixtures/<name of the policy's file>`` beside the policy. A requirement without fixtures there is tried
by those that :mod:`proofbox.policies.boundaries` derives from its criterion.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from proofbox.checks.tasks import Task
from proofbox.policies.errors import UnknownPolicyError
from proofbox.policies.loader import policy_path
from proofbox.policies.model import Filled, Identifier, Number, PolicyModel, RiskTier, Sector, Slug, Trial
from proofbox.policies.record import Conclusion, Verdict
from proofbox.policies.validation import validate
from proofbox.policies.yamlfile import MAX_BYTES, read_yaml

SCHEMA = "proofbox/fixtures/v1"
CONFIDENCE = 0.95
"""Of a fixture's interval where it names none."""


class Product(PolicyModel):
    """What the submission of a fixture says of itself; a key left out is not known."""

    risk_tier: RiskTier | None = None
    task: Task | None = None
    sector: Sector | None = None
    trial: Trial | None = None


class Case(PolicyModel):
    """One synthetic result and what must follow from it alone."""

    value: Number | None = None
    """The measured value; None where nothing is measured."""
    interval: tuple[Number, Number] | None = None
    confidence: float = Field(default=CONFIDENCE, gt=0.0, lt=1.0)
    """at which the interval was recorded"""
    declared: Number | None = None
    """the provider's own threshold, or what it claims"""
    attestation: Literal["yes", "no", "unsigned", "expired", "other-document"] | None = None
    """what a person said, where the requirement asks for that; None where nobody said anything"""
    product: Product = Product()
    verdict: Verdict
    conclusion: Conclusion


class Cases(PolicyModel):
    """The fixtures of one requirement."""

    requirement: Identifier
    measure: Filled | None = None
    """of which the values are; None for an attestation"""
    cases: tuple[Case, ...] = Field(min_length=1)


class Fixtures(PolicyModel):
    """A whole file of fixtures."""

    schema_: Literal["proofbox/fixtures/v1"] = Field(alias="schema")
    policy: Slug
    fixtures: tuple[Cases, ...]


def fixtures_path(id_or_path: str) -> Path:
    """Return where the fixtures of a policy stand, whether or not there are any.

    Raises
    ------
    UnknownPolicyError
        There is no such policy.
    """
    path = policy_path(id_or_path)
    return path.parent / "fixtures" / f"{path.stem}.yaml"


def read_fixtures(path: Path) -> Mapping[str, Cases]:
    """Return requirement id -> its fixtures; of two entries for one requirement the cases of both.

    Raises
    ------
    UnknownPolicyError
        The file cannot be read.
    BadDocumentError
        Something in it is wrong; ``problems`` holds every mistake.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise UnknownPolicyError(f"cannot read the fixtures '{path}' ({err.strerror})") from err
    found: dict[str, Cases] = {}
    for entry in validate(read_yaml(raw, path.name), Fixtures).fixtures:
        known = found.get(entry.requirement)
        cases = entry.cases if known is None else (*known.cases, *entry.cases)
        found[entry.requirement] = entry.model_copy(update={"cases": cases})
    return found


def fixture_lines(policy: str, fixtures: Sequence[Cases]) -> Iterator[str]:
    """Yield the lines of a file of fixtures, one case a line."""
    yield f"# Synthetic results, derived by 'proofbox policy test {policy} --write'; each must have the verdict named."
    yield f"schema: {SCHEMA}"
    yield f"policy: {policy}"
    yield "fixtures:"
    for entry in fixtures:
        yield f"  - requirement: {entry.requirement}"
        if entry.measure is not None:
            yield f"    measure: {entry.measure}"
        yield "    cases:"
        for case in entry.cases:
            # JSON in one line is YAML too, and needs no writer of its own.
            shown = case.model_dump(mode="json", exclude_defaults=True)
            yield f"      - {json.dumps(shown, ensure_ascii=False)}"
