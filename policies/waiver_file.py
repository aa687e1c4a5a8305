"""A file of waivers: decisions to live with a failed requirement for a time (``proofbox/waivers/v1``)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from proofbox.policies.attestation_file import Sha256
from proofbox.policies.detached import PATTERN, signed_bytes
from proofbox.policies.errors import BadDocumentError
from proofbox.policies.model import Date, Filled, Identifier, PolicyModel, Slug
from proofbox.policies.validation import validate, wrong
from proofbox.policies.yamlfile import read_yaml

SCHEMA = "proofbox/waivers/v1"


class Approver(PolicyModel):
    """The person who decided; never the submitter."""

    name: Filled
    role: Filled


class WaivedPolicy(PolicyModel):
    """The very policy that the decision was taken under; another version ends it."""

    id: Slug
    version: Filled
    digest: Sha256
    """``proofbox policy show P --json`` prints it"""


class Waiver(PolicyModel):
    """One decision."""

    id: Identifier
    control: Identifier
    requirement: Identifier | None = None
    """one requirement of the control; None for all of them"""
    subject: Sha256
    """digest of the subject that it is for (``subject.digest`` in assessment.json); another subject ends it"""
    policy: WaivedPolicy
    reason: Filled
    approver: Approver
    approved_on: Date
    expires: Date
    """the last day on which it holds"""
    signature: str | None = Field(default=None, pattern=PATTERN)
    """over the waiver without this key, as canonical JSON; base64"""

    @model_validator(mode="after")
    def _in_order(self) -> Waiver:
        if self.expires < self.approved_on:
            raise wrong("'expires' on or after 'approved_on'", got=f"{self.expires} before {self.approved_on}")
        return self

    def signed_bytes(self) -> bytes:
        """Return what a signature is over: canonical JSON of everything but the signature itself."""
        return signed_bytes(self)


class Waivers(PolicyModel):
    """A whole file of waivers."""

    schema_: Literal["proofbox/waivers/v1"] = Field(alias="schema")
    waivers: tuple[Waiver, ...] = Field(min_length=1)


def read_waivers(raw: bytes, name: str) -> tuple[Waiver, ...]:
    """Read a file of waivers.

    Raises
    ------
    BadDocumentError
        Something in it is wrong, or two have one id; ``problems`` holds every mistake.
    """
    document = read_yaml(raw, name)
    found = validate(document, Waivers).waivers
    seen: set[str] = set()
    problems = []
    for index, waiver in enumerate(found):
        if waiver.id in seen:
            got, expected = f"the id '{waiver.id}' a second time", "every waiver to have its own id"
            problems.append(document.problem(("waivers", index, "id"), got=got, expected=expected))
        seen.add(waiver.id)
    if problems:
        raise BadDocumentError(tuple(problems))
    return found
