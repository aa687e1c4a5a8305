"""One assessment for all workers of a session: whoever holds the lock first makes it, the others read it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.record_json import from_json, to_json
from proofbox.runners.exit_codes import ExitCode, exit_code_of

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment


class NotAssessedError(Exception):
    """Nothing was assessed: the submission, the policy or the walls; the message says which."""


class Shared:
    """The assessment of a session, kept in a folder that its workers share."""

    def __init__(self, folder: Path) -> None:
        self._lock = folder / "lock"
        self._result = folder / "result.json"
        self._found: Assessment | None = None

    def assessment(self, make: Callable[[], Assessment]) -> Assessment:
        """Return the assessment, made by the first that asks.

        Raises
        ------
        NotAssessedError
            It could not be made, here or by whoever tried.
        """
        if self._found is None:
            with self._lock.open("w") as lock:
                # The kernel lets go of it when its holder dies, and the next one tries.
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not self._result.exists():
                    self._make(make)
            self._found = self._read()
        return self._found

    def known(self) -> Assessment | None:
        """Return the assessment if somebody made it."""
        try:
            return self._read() if self._result.exists() else None
        except NotAssessedError:
            return None

    def _make(self, make: Callable[[], Assessment]) -> None:
        try:
            said: object = {"assessment": to_json(make())}
        except Exception as err:
            if exit_code_of(err) is ExitCode.DEFECT:
                raise
            said = {"failed": str(err)}
        part = self._result.with_suffix(".part")
        part.write_text(json.dumps(said), encoding="utf-8")
        part.replace(self._result)

    def _read(self) -> Assessment:
        said = json.loads(self._result.read_text(encoding="utf-8"))
        if "failed" in said:
            raise NotAssessedError(said["failed"])
        return from_json(said["assessment"])
