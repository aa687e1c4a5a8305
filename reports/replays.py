"""Who measured a bundle again and got the same: signed statements that stand beside the bundle, never in it.

A bundle's files are bound by its manifest and never change. ``NAME.replays/`` beside the bundle ``NAME`` holds one DSSE
envelope for each replay that agreed. What that is worth is for the reader to say, who knows whose key is whose:

- *self-attested*: the bundle is signed, by whoever made it;
- *regulator-run*: it is signed with a key that the reader knows for an office's, which ran it itself;
- *reproduced*: somebody else, whose key the reader gives, measured it again and got the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from proofbox.policies.agreement import DEFAULT_TOLERANCE
from proofbox.reports.canonical import sha256_hex
from proofbox.reports.errors import BundleWriteError
from proofbox.reports.folder import replace_file
from proofbox.reports.signing.door import sign_statement, verify_envelope
from proofbox.reports.signing.errors import BadEnvelopeError, Refusal, SignatureError
from proofbox.reports.signing.statement import Statement

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.agreement import Agreement
    from proofbox.policies.record import RunRecord
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.signing.interface import SignedBy, Signer, Stamper, Verifier

PREDICATE_TYPE = "urn:proofbox:replay:v1"
MOST_BYTES = 1_000_000
MOST_STATEMENTS = 1_000

Level = Literal["self-attested", "regulator-run", "reproduced"]
State = Literal["reproduced", "same-signer", "other-bundle", "wider-tolerance", "unreadable"] | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One statement beside a bundle, and what it is worth."""

    file: str
    state: State
    """Only ``reproduced`` raises the level."""
    by: SignedBy | None = None
    predicate: dict[str, Json] | None = None


def replay_statement(content: BundleContent, agreement: Agreement, run: RunRecord) -> Statement:
    """Return what may be signed of a replay that agreed.

    Parameters
    ----------
    run
        Of the replay: where and with what it was measured again.
    """
    assert agreement.agrees
    return Statement(
        predicate_type=PREDICATE_TYPE,
        subjects={"manifest.json": content.bundle.digest, "submission": content.assessment.subject.digest},
        predicate={
            "result": "reproduced",
            "measurements": {
                "identical": agreement.count("identical"),
                "withinTolerance": agreement.count("within-tolerance"),
                "leftOut": agreement.count("left-out"),
            },
            "tolerance": {"relative": agreement.tolerance.relative, "origin": agreement.tolerance.origin},
            "run": {
                "seed": run.seed,
                "finishedAt": run.finished_at,
                "version": run.version,
                "executor": run.executor,
                "platform": run.platform,
                "packages": dict(run.packages),
            },
        },
    )


def replays_folder(bundle: Path) -> Path:
    """Return the folder of statements beside a bundle, which may be a folder, an archive or a run's name."""
    name = bundle.name.removesuffix(".zip").replace(":", "-")
    return bundle.absolute().with_name(f"{name}.replays")


def keep_replay(bundle: Path, statement: Statement, signer: Signer, stamper: Stamper | None = None) -> Path:
    """Sign a statement, write it beside the bundle and return its path.

    Raises
    ------
    SigningFailedError
        The token or the time stamp authority refused.
    BundleWriteError
        The disk refused.
    """
    raw = sign_statement(statement, signer, stamper)
    path = replays_folder(bundle) / f"{sha256_hex(raw)[:16]}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, raw)
    except OSError as err:
        raise BundleWriteError(f"{path}: could not be written ({err.strerror or err})") from err
    return path


def read_replays(
    bundle: Path, digest: str, signed_by: str | None, verifiers: Sequence[Verifier], now: datetime
) -> tuple[Replay, ...]:
    """Return every statement beside a bundle, by file name.

    Parameters
    ----------
    digest
        sha256 of the bundle's manifest.
    signed_by
        Key of whoever signed the bundle: who measures again must be somebody else. None: it is not signed.
    verifiers
        Whose replays count; each statement must be signed by one of them.
    """
    folder = replays_folder(bundle)
    files = sorted(folder.glob("*.json"))[:MOST_STATEMENTS] if folder.is_dir() else []
    return tuple(_replay(path, digest, signed_by, verifiers, now) for path in files)


def level(replays: Sequence[Replay], *, regulator: bool) -> Level:
    """Return the assurance level of a bundle whose own signature was verified."""
    if any(one.state == "reproduced" for one in replays):
        return "reproduced"
    return "regulator-run" if regulator else "self-attested"


def _replay(path: Path, digest: str, signed_by: str | None, verifiers: Sequence[Verifier], now: datetime) -> Replay:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError:
        return Replay(file=path.name, state="unreadable")
    state: State = "not-checked"
    for verifier in verifiers:
        try:
            signed = verify_envelope(raw, verifier, predicate_type=PREDICATE_TYPE, now=now)
            state = _worth(signed.statement, digest, signed.by, signed_by)
        except SignatureError as err:
            state = err.state
            continue
        return Replay(file=path.name, state=state, by=signed.by, predicate=dict(signed.statement.predicate))
    return Replay(file=path.name, state=state)


def _worth(statement: Statement, digest: str, by: SignedBy, signed_by: str | None) -> State:
    if statement.subjects.get("manifest.json") != digest:
        return "other-bundle"
    if by.keyid == signed_by:
        return "same-signer"
    try:
        relative = float(cast("float", cast("dict[str, Json]", statement.predicate["tolerance"])["relative"]))
        within = cast("dict[str, Json]", statement.predicate["measurements"])["withinTolerance"]
    except (LookupError, TypeError, ValueError) as err:
        raise BadEnvelopeError(f"a statement of another form than this version writes ({err})") from err
    if statement.predicate.get("result") != "reproduced":
        raise BadEnvelopeError("a statement of a replay that does not say 'reproduced'")
    return "reproduced" if relative <= DEFAULT_TOLERANCE.relative or within == 0 else "wider-tolerance"
