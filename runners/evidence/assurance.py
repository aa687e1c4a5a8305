"""How sure a reader may be of a bundle: signed by whoever made it, by an office, or measured again by somebody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.reports.console import safe_terminal
from proofbox.reports.replays import Level, Replay, level, read_replays

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.signing.interface import Verifier
    from proofbox.runners.evidence.verifying import Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """The level of a bundle, and the replays that stand beside it."""

    level: Level | None
    """None where the bundle's own signature was not verified: then nothing can be said."""
    replays: tuple[Replay, ...]

    def to_json(self) -> dict[str, Json]:
        """Return what ``verify --json`` has under ``assurance``."""
        return {
            "level": self.level,
            "replays": [
                {
                    "file": one.file,
                    "state": one.state,
                    "signer": None if one.by is None else {"keyid": one.by.keyid, "name": one.by.name},
                    "statement": one.predicate,
                }
                for one in self.replays
            ],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads at a terminal."""
        if self.level is not None:
            yield f"assurance: {self.level}"
        for one in self.replays:
            who = "" if one.by is None else f" by {one.by.name or 'the holder of the key'} (key {one.by.keyid})"
            when = "" if one.predicate is None else f", finished {_finished(one.predicate)}"
            yield safe_terminal(f"replay {one.file}: {one.state}{who}{when}")


def assurance(bundle: Path, found: Verification, given: Mapping[str, object], now: datetime) -> Assurance:
    """Return how sure a reader may be, by the keys that the options name.

    Raises
    ------
    UsageError, KeyFileError
        A key cannot be read.
    """
    if found.digest is None:
        return Assurance(level=None, replays=())
    replays = read_replays(bundle, found.digest, found.keyid, _verifiers(given), now)
    reached = level(replays, regulator=bool(given["regulator"])) if found.verified else None
    return Assurance(level=reached, replays=replays)


def _verifiers(given: Mapping[str, object]) -> list[Verifier]:
    from proofbox.reports.signing.errors import KeyFileError
    from proofbox.reports.signing.keys import KeyVerifier, read_public_key
    from proofbox.runners.signed.signing import read_pem

    found: list[Verifier] = []
    for path in cast("tuple[Path, ...]", given["replayed_by"]):
        try:
            found.append(KeyVerifier(key=read_public_key(read_pem(path))))
        except KeyFileError as err:
            raise KeyFileError(f"--replayed-by {path}: {err}") from err
    return found


def _finished(predicate: Mapping[str, Json]) -> str:
    run = predicate.get("run")
    return str(run.get("finishedAt", "")) if isinstance(run, dict) else ""
