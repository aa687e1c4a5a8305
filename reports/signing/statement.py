"""A statement about things named by digest: in-toto Statement v1, and nothing that it does not know.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from proofbox.reports.canonical import canonical_bytes, strict_json
from proofbox.reports.errors import CanonicalError
from proofbox.reports.signing.errors import BadEnvelopeError

if TYPE_CHECKING:
    from proofbox.checks.result import Json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody says about some digests."""

    predicate_type: str
    """URI of the kind of statement, with its version."""
    subjects: Mapping[str, str]
    """Name -> sha256, 64 hex digits; at least one."""
    predicate: Mapping[str, Json]
    """What is said; only what JSON can say, whole numbers within 2**53."""

    def to_bytes(self) -> bytes:
        """Return the canonical JSON (RFC 8785) that is signed.

        Raises
        ------
        CanonicalError
            The predicate cannot be said in canonical JSON.
        """
        subjects = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(self.subjects.items())]
        return canonical_bytes(
            {
                "_type": STATEMENT_TYPE,
                "subject": subjects,
                "predicateType": self.predicate_type,
                "predicate": dict(self.predicate),
            }
        )


def read_statement(payload: bytes) -> Statement:
    """Read the bytes that were signed; they must be exactly the canonical ones of the statement they hold.

    Raises
    ------
    BadEnvelopeError
        They are not: no JSON, a key twice, other keys, other bytes than canonical ones, a subject without sha256.
    """
    try:
        document = cast("dict[str, object]", strict_json(payload))
        statement = Statement(
            predicate_type=_text(document["predicateType"]),
            subjects=_subjects(document["subject"]),
            predicate=cast("dict[str, Json]", document["predicate"]),
        )
        if statement.to_bytes() != payload:
            raise ValueError("other keys or another form than canonical JSON")
    except (CanonicalError, ValueError, KeyError, TypeError) as err:
        raise BadEnvelopeError(f"no in-toto statement that this version writes ({type(err).__name__}: {err})") from err
    return statement


def _subjects(found: object) -> dict[str, str]:
    if not isinstance(found, list) or not found:
        raise ValueError("no list of subjects")
    subjects = {_text(one["name"]): _text(one["digest"]["sha256"]) for one in found}
    if len(subjects) != len(found) or not all(_SHA256.fullmatch(digest) for digest in subjects.values()):
        raise ValueError("two subjects of one name, or one without a sha256")
    return subjects


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError(f"got {type(found).__name__}, expected text")
    return found
