"""Hold a bundle against a ledger: is it the attempt that it says, and what other attempts were there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.reports.ledger.entries import Commitment, PolicyName, ProductName
from proofbox.reports.ledger.numbering import data_key, product_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proofbox.policies.record import Assessment
    from proofbox.reports.ledger.reading import Attempt, Ledger

MatchState = Literal["found", "not-counted", "not-there", "other-content", "no-outcome", "other-bundle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a bundle stands to a ledger."""

    state: MatchState
    why: str
    attempt: Attempt | None = None
    """The attempt that the bundle says it is."""
    of_product: tuple[Attempt, ...] = ()
    """All attempts of the same product, in order."""
    on_data: tuple[Attempt, ...] = ()
    """All attempts of the same provider on the same evaluation data, in order."""


def commitment_of(assessment: Assessment) -> Commitment:
    """Return what was committed before an assessment, as its record has it."""
    subject = assessment.subject
    return commitment(
        subject.product,
        subject=subject.digest,
        data=subject.data,
        policies=[PolicyName(id=one.id, version=one.version, digest=one.digest) for one in assessment.policies],
        run=(assessment.run.seed, assessment.run.version),
    )


def commitment(
    product: Mapping[str, object],
    *,
    subject: str,
    data: Mapping[str, object],
    policies: Sequence[PolicyName],
    run: tuple[int, str],
) -> Commitment:
    """Return a commitment.

    Parameters
    ----------
    product, data
        Blocks ``subject.product`` and ``subject.data`` of the record.
    subject
        Digest of the submission.
    run
        The seed, and the version of Proofbox.
    """
    provider = product.get("provider")
    named = provider if isinstance(provider, dict) else {"name": provider}
    return Commitment(
        product=ProductName(
            name=str(product.get("name") or ""),
            version=str(product.get("version") or ""),
            provider=str(named.get("name") or ""),
            provider_id=str(named.get("id") or ""),
        ),
        subject=subject,
        evaluation=_sha256(data.get("evaluation")),
        training=_sha256(data.get("training")),
        policies=tuple(policies),
        seed=run[0],
        version=run[1],
    )


def match(ledger: Ledger, assessment: Assessment, bundle: str) -> Match:
    """Return how the bundle of an assessment stands to a ledger.

    Parameters
    ----------
    bundle
        Digest of the bundle, 64 hex digits.
    """
    attempts = ledger.attempts()
    own = commitment_of(assessment)
    said = assessment.run.attempt
    of_product = tuple(one for one in attempts if product_key(one.entry.commitment.product) == product_key(own.product))
    on_data = tuple(one for one in attempts if data_key(one.entry.commitment) == data_key(own))
    found = next((one for one in attempts if said and one.commitment == said.commitment), None)
    state, why = _state(assessment, own, found, bundle)
    return Match(state=state, why=why, attempt=found, of_product=of_product, on_data=on_data)


def _state(assessment: Assessment, own: Commitment, found: Attempt | None, bundle: str) -> tuple[MatchState, str]:
    said = assessment.run.attempt
    if said is None:
        return "not-counted", "the bundle says that no ledger was kept"
    if found is None:
        return "not-there", f"no entry of the ledger is the commitment {said.commitment} that the bundle names"
    told = (found.entry.attempt, found.entry.on_data, found.entry.entry)
    if found.entry.commitment != own or told != (said.number, said.on_data, said.entry):
        return "other-content", "the entry that the bundle names commits to something else than what the bundle holds"
    if found.outcome is None:
        return "no-outcome", "the attempt was begun, and the ledger has no outcome of it"
    if (found.outcome.result, found.outcome.bundle) != ("finished", bundle):
        ended = found.outcome.bundle or f"aborted ({found.outcome.why})"
        return "other-bundle", f"the ledger has another outcome of this attempt: {ended}"
    return "found", "the ledger has this bundle as the outcome of the attempt that was committed before it"


def _sha256(table: object) -> str:
    return str(table.get("sha256") or "") if isinstance(table, dict) else ""
