"""One decision: what is signed, and what is read back from it.

The statement names the bundle and the submission by digest, and the decision before by the digest of its file, so that
a history can only grow. It repeats who provides what, so that a register and a pipeline need nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, TypeAdapter, ValidationError

from proofbox.policies.record import Conclusion
from proofbox.reports.ledger.entries import PolicyName, ProductName
from proofbox.reports.review.errors import BadDecisionError
from proofbox.reports.review.states import State
from proofbox.reports.signing.statement import Statement

if TYPE_CHECKING:
    from proofbox.checks.result import Json

PREDICATE_TYPE = "urn:proofbox:review-decision:v1"
NOTHING_BEFORE = "0" * 64
"""``previous`` of the first decision on a bundle."""

Date = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Filled = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Within what an approval holds."""

    until: Date
    """The last day, ``YYYY-MM-DD``."""
    maximum_users: int | None = None
    """Most users at a time; None where they are not limited."""
    regions: tuple[Filled, ...] = ()
    """Codes of regions, such as ``VN-HN`` (ISO 3166-2); empty where it holds everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Who decided."""

    name: Filled
    keyid: str
    """sha256 of the public key, 64 hex digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """Who submitted: whoever has one of these names, or this key, cannot review."""

    names: tuple[str, ...]
    """Name, registration number and contact of the provider, as far as they are given."""
    keyid: str
    """The key under the bundle, 64 hex digits; empty where it is unsigned."""
    signature: Literal["verified", "not-checked", "unsigned"]
    """What the reviewer made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is decided on, copied from the bundle."""

    bundle: str
    """Digest of the bundle, 64 hex digits."""
    submission: str
    """Digest of the submission, 64 hex digits."""
    model: str
    """Digest of the model's file or files; empty where there is none."""
    product: ProductName
    conclusion: Conclusion
    policies: tuple[PolicyName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on one bundle."""

    number: int
    """Which decision on this bundle, from 1."""
    previous: str
    """sha256 of the file of the decision before."""
    state: State
    """The state that it leads to."""
    reason: Filled
    on: Date
    """The day from which it holds, ``YYYY-MM-DD``."""
    reviewer: Reviewer
    submitter: Submitter
    subject: Subject
    conditions: Conditions | None = None
    """None where nothing was approved."""


def statement_of(decision: Decision) -> Statement:
    """Return the statement that a reviewer signs."""
    predicate = cast("dict[str, Json]", _ADAPTER.dump_python(decision, mode="json"))
    about = cast("dict[str, Json]", predicate["subject"])
    subjects = {"bundle": str(about.pop("bundle")), "submission": str(about.pop("submission"))}
    return Statement(predicate_type=PREDICATE_TYPE, subjects=subjects, predicate=predicate)


def decision_of(statement: Statement) -> Decision:
    """Return the decision of a statement.

    Raises
    ------
    BadDecisionError
        It is none that this version writes.
    """
    about = statement.predicate.get("subject")
    if statement.predicate_type != PREDICATE_TYPE or not isinstance(about, Mapping):
        raise BadDecisionError(f"got a statement of the kind {statement.predicate_type!r}, expected {PREDICATE_TYPE!r}")
    document = {**statement.predicate, "subject": {**about, **statement.subjects}}
    try:
        decision = _ADAPTER.validate_json(json.dumps(document), strict=True)
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        raise BadDecisionError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from err
    if (decision.conditions is None) == (decision.state == "approved"):
        raise BadDecisionError("conditions stand beside an approval, and beside nothing else")
    if decision.number < 1 or statement_of(decision) != statement:
        raise BadDecisionError("got other keys than this version writes")
    return decision


def decision_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a decision's predicate; its two digests stand among the subjects."""
    schema = _ADAPTER.json_schema(mode="serialization")
    about = schema["$defs"]["Subject"]
    for name in ("bundle", "submission"):
        del about["properties"][name]
    about["required"] = list(about["properties"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": PREDICATE_TYPE, **schema}


_ADAPTER = TypeAdapter(Decision)
