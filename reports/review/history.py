"""The decisions on one bundle, as files that are only ever added: ``<reviews>/<bundle digest>/0001.dsse.json``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from proofbox.reports.canonical import sha256_hex
from proofbox.reports.folder import sync_folder, write_new
from proofbox.reports.review.decisions import NOTHING_BEFORE, PREDICATE_TYPE, Decision, decision_of, statement_of
from proofbox.reports.review.errors import BadDecisionError, BrokenHistoryError, IllegalTransitionError, OwnReviewError
from proofbox.reports.review.states import State, require_transition
from proofbox.reports.signing.door import sign_statement, verify_envelope
from proofbox.reports.signing.dsse import read_envelope
from proofbox.reports.signing.errors import SignatureError, WrongChainError, WrongKeyError
from proofbox.reports.signing.interface import SignedBy, Signer, Stamper, Verifier
from proofbox.reports.signing.statement import read_statement

MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it stands in its file."""

    decision: Decision
    digest: str
    """sha256 of the file, which the next decision names."""
    by: SignedBy | None
    """Whose signature was verified; None where no key was given to verify with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All decisions on one bundle, in order; each was found linked to the one before."""

    bundle: str
    decided: tuple[Decided, ...] = ()

    @property
    def state(self) -> State:
        """The state that the last decision led to."""
        return self.decided[-1].decision.state if self.decided else "submitted"

    @property
    def head(self) -> str:
        """sha256 of the last decision's file; of none, 64 zeros."""
        return self.decided[-1].digest if self.decided else NOTHING_BEFORE

    @property
    def verified(self) -> bool:
        """Whether there is a decision, and every one was verified with a key that was given."""
        return bool(self.decided) and all(one.by is not None for one in self.decided)


def read_history(reviews: Path, bundle: str, trusted: Sequence[Verifier] = ()) -> History:
    """Read the decisions on a bundle, and hold each against the one before.

    Parameters
    ----------
    reviews
        Folder of all histories; one that is not there holds none.
    bundle
        Digest of the bundle, 64 hex digits.
    trusted
        Whose signatures count; with none, signatures are not verified, and every decision says so.

    Raises
    ------
    BrokenHistoryError
        A decision is missing, changed, of another bundle, not linked to the one before, by the submitter, against the
        order of states, or signed by nobody who is trusted.
    """
    folder = reviews / bundle
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    history = History(bundle=bundle)
    for number, name in enumerate((one for one in names if not one.startswith(".")), start=1):
        if name != _name(number):
            raise BrokenHistoryError(f"{folder}: got {name}, expected {_name(number)}: a decision is missing or added")
        history = _grown(history, read_decision(folder / name, trusted), folder / name)
    return history


def read_decision(path: Path, trusted: Sequence[Verifier] = ()) -> Decided:
    """Read one decision from its file.

    Raises
    ------
    BrokenHistoryError
        It cannot be read, is none, or is signed by nobody who is trusted.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES)
        if trusted:
            by = _verified(raw, trusted)
            statement = read_statement(read_envelope(raw).payload)
        else:
            by, statement = None, read_statement(read_envelope(raw).payload)
        decision = decision_of(statement)
    except OSError as err:
        raise BrokenHistoryError(f"{path}: cannot be read ({err.strerror})") from err
    except (SignatureError, BadDecisionError) as err:
        raise BrokenHistoryError(f"{path}: {err}") from err
    if by is not None and by.keyid != decision.reviewer.keyid:
        raise BrokenHistoryError(f"{path}: signed with another key than the reviewer's")
    return Decided(decision=decision, digest=sha256_hex(raw), by=by)


def add_decision(
    reviews: Path, history: History, decision: Decision, signer: Signer, stamper: Stamper | None = None
) -> Decided:
    """Sign a decision and add it to a history; it is on the disk, whole, or not there.

    Parameters
    ----------
    stamper
        The authority that attests when it was signed; None: nobody is asked.

    Raises
    ------
    IllegalTransitionError, OwnReviewError
        It may not follow; nothing was signed.
    BadDecisionError
        Somebody else has decided in between, or the disk refused.
    SigningFailedError
        A token or an authority refused.
    """
    require_next(history, decision)
    raw = sign_statement(statement_of(decision), signer, stamper)
    folder = reviews / history.bundle
    out = folder / _name(decision.number)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _add(out, raw)
    except FileExistsError as err:
        raise BadDecisionError(f"{out}: somebody else has decided in between; look again") from err
    except OSError as err:
        raise BadDecisionError(f"{out}: cannot be written ({err.strerror}); nothing was left behind") from err
    return Decided(decision=decision, digest=sha256_hex(raw), by=None)


def require_next(history: History, decision: Decision) -> None:
    """Raise where a decision may not follow the ones before.

    Raises
    ------
    IllegalTransitionError
        No decision leads from the state to the one that was asked for, or it is dated before the last one.
    OwnReviewError
        The reviewer's key or name is the submitter's.
    """
    require_transition(history.state, decision.state)
    if history.decided and decision.on < history.decided[-1].decision.on:
        last = history.decided[-1].decision.on
        raise IllegalTransitionError(f"got a decision of {decision.on}, expected one on or after the last, {last}")
    reviewer, submitter = decision.reviewer, decision.submitter
    if reviewer.keyid == submitter.keyid:
        raise OwnReviewError(f"the key {reviewer.keyid[:16]} signed the bundle: a submitter cannot review it")
    if plain(reviewer.name) in {plain(name) for name in submitter.names}:
        raise OwnReviewError(f"{reviewer.name!r} is the name of the submitter, who cannot review")


def plain(name: str) -> str:
    """Return a name as it is compared: without regard to case and blanks."""
    return " ".join(name.casefold().split())


def _grown(history: History, found: Decided, path: Path) -> History:
    decision = found.decision
    linked = (decision.subject.bundle, decision.number, decision.previous)
    if linked != (history.bundle, len(history.decided) + 1, history.head):
        raise BrokenHistoryError(f"{path}: is not linked to the decision before: one was changed, moved or taken out")
    if history.decided and history.decided[0].decision.subject != decision.subject:
        raise BrokenHistoryError(f"{path}: says something else of the submission than the first decision")
    try:
        require_next(history, decision)
    except (IllegalTransitionError, OwnReviewError) as err:
        raise BrokenHistoryError(f"{path}: {err}") from err
    return History(bundle=history.bundle, decided=(*history.decided, found))


def _verified(raw: bytes, trusted: Sequence[Verifier]) -> SignedBy:
    for verifier in trusted:
        try:
            return verify_envelope(raw, verifier, predicate_type=PREDICATE_TYPE, now=datetime.now(UTC)).by
        except (WrongKeyError, WrongChainError):
            continue
    raise WrongKeyError("signed with a key that is none of those given")


def _name(number: int) -> str:
    return f"{number:04d}.dsse.json"


def _add(out: Path, raw: bytes) -> None:
    """Write a file under a hidden name and then link it to its own: whole or not there, and never over another."""
    part = out.with_name(f".{out.name}.{secrets.token_hex(8)}")
    try:
        write_new(part, raw)
        os.link(part, out)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(out.parent)
