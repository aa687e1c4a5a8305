"""What a ledger says, as values that a command can print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.bundle import read_bundle
from proofbox.reports.console import safe_terminal
from proofbox.reports.ledger.matching import match
from proofbox.reports.ledger.numbering import data_key
from proofbox.reports.ledger.reading import read_ledger
from proofbox.runners.evidence.bundles import bundle_folder

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.ledger.matching import Match
    from proofbox.reports.ledger.numbering import Key
    from proofbox.reports.ledger.reading import Attempt, Ledger
    from proofbox.runners.signed.countersigning import Kept

_CAPTION = {"finished": "", "aborted": "aborted", "no-outcome": "no outcome: killed, or still running"}


def attempt_json(attempt: Attempt) -> dict[str, Json]:
    """Return one attempt with what came of it."""
    entry, outcome = attempt.entry, attempt.outcome
    said: dict[str, Json] = {
        "entry": entry.entry,
        "at": entry.at,
        "attempt": entry.attempt,
        "on_data": entry.on_data,
        "commitment": attempt.commitment,
        "result": attempt.result,
        "bundle": outcome.bundle if outcome else "",
        "conclusion": outcome.conclusion if outcome else "",
        "why": outcome.why if outcome else "",
    }
    return {**said, "committed": asdict(entry.commitment)}


def attempt_line(attempt: Attempt) -> str:
    """Return one attempt as a line for a terminal."""
    entry, outcome = attempt.entry, attempt.outcome
    product = entry.commitment.product
    came = _CAPTION[attempt.result]
    if outcome and outcome.result == "finished":
        came = f"{outcome.conclusion}, bundle {outcome.bundle[:12]}"
    elif outcome:
        came = f"aborted ({outcome.why})"
    policies = ", ".join(f"{one.id} {one.version}" for one in entry.commitment.policies)
    return safe_terminal(
        f"attempt {entry.attempt} ({entry.on_data} on its data)  {entry.at[:16]}  {product.name} {product.version}, "
        f"{product.provider}; {policies}; seed {entry.commitment.seed}: {came}"
    )


def repeated(attempts: Sequence[Attempt]) -> list[tuple[str, tuple[Attempt, ...]]]:
    """Return (digest of evaluation data, attempts) for every provider that tried the same data more than once."""
    by_data: dict[Key, list[Attempt]] = {}
    for attempt in attempts:
        by_data.setdefault(data_key(attempt.entry.commitment), []).append(attempt)
    return [(key[-1], tuple(found)) for key, found in by_data.items() if len(found) > 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCheck:
    """Whether a ledger is whole, and how a bundle and an earlier checkpoint stand to it."""

    ledger: Ledger
    match: Match | None = None
    since_checkpoint: str | None = None
    """What is wrong by an earlier checkpoint; empty where nothing is, None where none was given."""
    kept: Kept | None = None
    """The checkpoint, with whose signature is under it."""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with anything that was asked about."""
        matches = self.match is None or self.match.state == "found"
        return not self.ledger.faults and matches and not self.since_checkpoint

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``--json``."""
        faults: list[Json] = [
            {"kind": fault.kind, "line": fault.line, "what": fault.what} for fault in self.ledger.faults
        ]
        said: dict[str, Json] = {
            "state": "whole" if not self.ledger.faults else self.ledger.faults[0].kind,
            "entries": len(self.ledger.lines),
            "attempts": len(self.ledger.attempts()),
            "head": self.ledger.head,
            "faults": faults,
        }
        if self.since_checkpoint is not None:
            said["checkpoint"] = {
                "state": "rewritten" if self.since_checkpoint else "kept",
                "why": self.since_checkpoint,
                "keyid": self.kept.keyid if self.kept else "",
                "signature": _signature(self.kept),
            }
        if self.match is not None:
            said["bundle"] = _match_json(self.match)
        return said

    def lines(self) -> Iterator[str]:
        """Yield what a person reads at a terminal."""
        for fault in self.ledger.faults:
            yield safe_terminal(f"ledger: {fault}")
        if not self.ledger.faults:
            yield f"ledger: whole: {len(self.ledger.lines)} entries, each linked to the one before"
        yield f"ledger: head sha256 {self.ledger.head}"
        if self.since_checkpoint is not None:
            by = f", key {self.kept.keyid}" if self.kept and self.kept.keyid else ""
            holds = "still holds: nothing before it was rewritten"
            yield safe_terminal(f"checkpoint (signature {_signature(self.kept)}{by}): {self.since_checkpoint or holds}")
        if self.match is not None:
            yield from _match_lines(self.match)


def check_bundle(ledger: Path, bundle: Path, tracking_uri: str | None = None) -> LedgerCheck:
    """Return how a bundle stands to a ledger.

    Parameters
    ----------
    bundle
        A folder, its ``.zip``, or ``mlflow:RUN_ID`` in the store at ``tracking_uri``.

    Raises
    ------
    LedgerError
        There is no ledger at that path.
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path.
    """
    found = read_ledger(ledger)
    with bundle_folder(bundle, tracking_uri) as folder:
        content = read_bundle(folder)
    return LedgerCheck(ledger=found, match=match(found, content.assessment, content.bundle.digest))


def _signature(kept: Kept | None) -> str:
    if kept is None or not kept.keyid:
        return "unsigned"
    return "verified" if kept.verified else "not-checked"


def _match_json(found: Match) -> dict[str, Json]:
    return {
        "state": found.state,
        "why": found.why,
        "attempt": found.attempt.entry.attempt if found.attempt else None,
        "of": len(found.of_product),
        "on_data": found.attempt.entry.on_data if found.attempt else None,
        "of_on_data": len(found.on_data),
        "attempts": [attempt_json(one) for one in found.of_product],
        "same_data": [attempt_json(one) for one in found.on_data],
    }


def _match_lines(found: Match) -> Iterator[str]:
    yield safe_terminal(f"attempt: {found.state}: {found.why}")
    if found.attempt:
        entry = found.attempt.entry
        yield (
            f"attempt {entry.attempt} of {len(found.of_product)} of this product, "
            f"{entry.on_data} of {len(found.on_data)} of its provider on the same evaluation data:"
        )
    listed = {one.commitment: one for one in (*found.of_product, *found.on_data)}
    for one in sorted(listed.values(), key=lambda one: one.entry.entry):
        mark = "*" if found.attempt and one.commitment == found.attempt.commitment else " "
        yield f"  {mark} {attempt_line(one)}"
