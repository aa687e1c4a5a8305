"""What an archive found of each bundle, noted at once: a call that was broken off goes on, and the next one is quick.

One line of JSON for each bundle, after one that says how all were looked at. What stands here is taken for a bundle of
the same name and digest without opening that again, so the file belongs to whoever keeps the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from proofbox.reports.archive.entries import Entry, judged_as
from proofbox.reports.canonical import sha256_hex
from proofbox.reports.manifest import FILE_NAME
from proofbox.reports.vocabulary import CONCLUSIONS, VERDICTS
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import BY_RUN

if TYPE_CHECKING:
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.runners.evidence.finding import Found

SCHEMA = "proofbox/archive-journal/v1"


@dataclass(slots=True)
class Journal:
    """What is known of bundles, and where more is noted."""

    _file: IO[str] | None = None
    _entries: dict[tuple[str, str], Entry] = field(default_factory=dict)

    def note(self, entry: Entry) -> None:
        """Keep what was found of a bundle."""
        if self._file is not None:
            found = [[one.policy, one.control, one.requirement, one.level, one.verdict] for one in entry.findings]
            self._file.write(json.dumps({**entry.to_json(), "findings": found}) + "\n")
            self._file.flush()

    def known(self, found: Found) -> Entry | None:
        """Return what an earlier call made of a bundle; None where that must be opened, as an archive always is."""
        return self._entries.get((found.name, _digest(found))) if self._entries else None


@contextmanager
def keep_journal(path: Path | None, policies: Sequence[LoadedPolicy], day: str, *, resume: bool) -> Iterator[Journal]:
    """Give a journal for as long as the context lasts.

    Parameters
    ----------
    path
        None: nothing is known, and nothing is kept.
    policies, day
        How all bundles are looked at; a journal of another view is not gone on with.
    resume
        Whether to go on with what stands there; else it is begun anew.

    Raises
    ------
    UsageError
        It cannot be read or written, or is of another view.
    """
    if path is None:
        yield Journal()
        return
    # Without a policy nothing is judged, and no day bears on it.
    judged = [[one.policy.id, one.policy.version, one.digest] for one in policies]
    head = json.dumps({"schema": SCHEMA, "policies": judged, "on": day if judged else ""})
    try:
        entries = _read(path, head) if resume and path.exists() else {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if not entries and path.exists():
            # It may be of hours, and --resume forgotten.
            path.replace(path.with_name(f"before-{path.name}"))
        file = path.open("a" if entries else "w", encoding="utf-8")
    except OSError as err:
        raise UsageError(f"{path}: cannot be read or written ({err.strerror})") from err
    with file:
        # What stands there may end in the middle of a line.
        file.write("\n" if entries else f"{head}\n")
        yield Journal(file, entries)


def _read(path: Path, head: str) -> dict[tuple[str, str], Entry]:
    found = {}
    with path.open("rb") as file:
        if file.readline().rstrip(b"\n") != head.encode():
            raise UsageError(
                f"{path}: was begun under other policies or for another day, expected the same to go on (--on names "
                "the day); leave out --resume to begin anew"
            )
        for line in file:
            entry = _entry(line)
            if entry is not None:
                found[entry.bundle, entry.digest] = entry
    return found


def _entry(line: bytes) -> Entry | None:
    """Return what a line notes; None where a call was killed in it, or a disk gave back something else."""
    try:
        said: dict[str, Any] = json.loads(line)
        findings = tuple(judged_as(*one) for one in said.pop("findings"))
        entry = Entry(**said, findings=findings)
        datetime.fromisoformat(entry.started_at)
        "".join([*said.values(), *(one.level for one in findings)]).encode()
        known = {entry.recorded, entry.conclusion} <= CONCLUSIONS.keys()
        return entry if known and {one.verdict for one in findings} <= VERDICTS.keys() else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _digest(found: Found) -> str:
    if found.name.startswith(BY_RUN):
        return found.said
    try:
        return sha256_hex(Path(found.name, FILE_NAME).read_bytes())
    except OSError:
        return ""
