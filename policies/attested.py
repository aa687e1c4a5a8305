"""Judge what a person attested: only a signed, dated, unexpired yes with the very document it names is a pass.

What is missing, unsigned or out of date has shown nothing, and is not run. An answer *no*, and a document that is not
the one that the signer read, say that the requirement is not met, and fail.
"""

from __future__ import annotations

from collections.abc import Iterable

from proofbox.checks.text import Text, t
from proofbox.policies.model import AttestationAsked
from proofbox.policies.record import AttestationRecord, Verdict


def attested(
    asked: AttestationAsked, where: tuple[str, str], given: Iterable[AttestationRecord], on: str
) -> tuple[Verdict, Text]:
    """Return the verdict on a requirement that a person attests, and why.

    Parameters
    ----------
    where
        Policy id and requirement id.
    on
        The day that it is judged for, ``YYYY-MM-DD``; empty where no day was given, and then nothing can be unexpired.
    """
    policy, requirement = where
    named = [item for item in given if item.requirement == requirement and item.policy in ("", policy)]
    if not named:
        return "not-run", t("a person must attest this, and nobody has")
    # One that names this policy says more than one for every policy.
    found = max(named, key=lambda item: item.policy == policy)
    lacking = _lacking(asked, found, on)
    if lacking is not None:
        return "not-run", lacking
    return _answered(found)


def _lacking(asked: AttestationAsked, found: AttestationRecord, on: str) -> Text | None:
    needs = asked.needs
    lacking = (
        (found.signature == "missing", t("a key was given to verify the attestation with, and nobody signed it")),
        (
            "signer" in needs and not (found.signer and found.role),
            t("the attestation is unsigned: nobody answers for it"),
        ),
        ("date" in needs and not found.date, t("the attestation carries no date")),
        ("document" in needs and not found.document, t("the attestation names no document that bears it out")),
        (not found.expires, t("the attestation does not say until when it holds")),
        (not on, t("no day was given to hold the attestation's dates against")),
        (found.date > on, t("the attestation is dated {day}, which was still to come", day=found.date)),
        (found.expires < on, t("the attestation expired on {day}", day=found.expires)),
    )
    return next((reason for is_so, reason in lacking if is_so), None)


def _answered(found: AttestationRecord) -> tuple[Verdict, Text]:
    if found.signature == "wrong":
        return "fail", t("the attestation's signature is wrong: other words were signed, or with another key")
    if found.document and not found.received_sha256:
        return "fail", t("the attested document {document} is not in the submission", document=found.document)
    if found.document and found.received_sha256 != found.document_sha256:
        return "fail", t("the document {document} is not the one that was attested", document=found.document)
    values = {"signer": found.signer, "role": found.role, "day": found.date, "until": found.expires}
    if found.answer == "no":
        return "fail", Text(t("{signer} ({role}) stated on {day} that this is not so").template, values)
    return "pass", Text(t("{signer} ({role}) attested this on {day}, and it holds until {until}").template, values)
