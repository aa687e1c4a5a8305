"""``attestations.yaml``: what a person states and answers for, where no test can show it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from proofbox.policies.detached import PATTERN, signed_bytes
from proofbox.policies.errors import BadDocumentError, Problem
from proofbox.policies.model import Date, Filled, Identifier, PolicyModel, Slug
from proofbox.policies.record import AttestationRecord, SignatureState
from proofbox.policies.validation import validate, wrong
from proofbox.policies.yamlfile import Document, read_yaml

SCHEMA = "proofbox/attestations/v1"


def _sha256(text: str) -> str:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise wrong("the 64 lower-case hexadecimal digits of a SHA-256", "'sha256sum FILE' prints them")
    return text


Sha256 = Annotated[str, AfterValidator(_sha256)]


class Signer(PolicyModel):
    """The person who answers for a statement."""

    name: Filled
    role: Filled
    """in the organisation, for example data protection officer"""


class AttestedDocument(PolicyModel):
    """The document that a statement rests on."""

    path: Filled
    """inside the submission"""
    sha256: Sha256
    """of the document that the signer read"""


class Attestation(PolicyModel):
    """One statement about one requirement."""

    requirement: Identifier
    policy: Slug | None = None
    """the policy that the requirement stands in; None for every policy that has one of this id"""
    answer: Literal["yes", "no"]
    statement: str = Field(default="", max_length=5000)
    """what the signer says in words"""
    signer: Signer | None = None
    date: Date | None = None
    """when it was signed"""
    expires: Date | None = None
    """the last day on which it holds; an attestation without one is never a pass"""
    document: AttestedDocument | None = None
    signature: str | None = Field(default=None, pattern=PATTERN)
    """over the attestation without this key, as canonical JSON; base64"""

    @model_validator(mode="after")
    def _in_order(self) -> Attestation:
        if self.date is not None and self.expires is not None and self.expires < self.date:
            raise wrong("'expires' on or after 'date'", got=f"{self.expires} before {self.date}")
        return self

    def signed_bytes(self) -> bytes:
        """Return what a signature is over: canonical JSON of everything but the signature itself."""
        return signed_bytes(self)


class Attestations(PolicyModel):
    """A whole file of attestations."""

    schema_: Literal["proofbox/attestations/v1"] = Field(alias="schema")
    attestations: tuple[Attestation, ...]


def read_attestations(raw: bytes, name: str) -> tuple[Attestation, ...]:
    """Read a file of attestations.

    Raises
    ------
    BadDocumentError
        Something in it is wrong, or one requirement is attested twice; ``problems`` holds every mistake.
    """
    document = read_yaml(raw, name)
    found = validate(document, Attestations).attestations
    if problems := _twice(document, found):
        raise BadDocumentError(problems)
    return found


def attestation_record(
    given: Attestation, digests: dict[str, str], signature: SignatureState = "unsigned"
) -> AttestationRecord:
    """Return what the record keeps of a statement.

    Parameters
    ----------
    digests
        Path -> sha256 of every file of the submission, as it was taken in.
    signature
        What its signature is worth.
    """
    document = given.document
    return AttestationRecord(
        requirement=given.requirement,
        policy=given.policy or "",
        answer=given.answer,
        statement=given.statement,
        signer=given.signer.name if given.signer else "",
        role=given.signer.role if given.signer else "",
        date=given.date or "",
        expires=given.expires or "",
        document=document.path if document else "",
        document_sha256=document.sha256 if document else "",
        received_sha256=digests.get(document.path, "") if document else "",
        signature=signature,
    )


def _twice(document: Document, found: tuple[Attestation, ...]) -> tuple[Problem, ...]:
    seen: set[tuple[str, str]] = set()
    problems = []
    for index, item in enumerate(found):
        key = (item.requirement, item.policy or "")
        if key in seen:
            place = ("attestations", index, "requirement")
            got, expected = f"a second attestation of '{item.requirement}'", "one attestation for each requirement"
            problems.append(document.problem(place, got=got, expected=expected, hint="keep the one that holds"))
        seen.add(key)
    return tuple(problems)
