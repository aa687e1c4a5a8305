"""Finished tasks on disk, so that an assessment that was interrupted goes on where it stood and ends the same.

Each file holds what one task gave. Its name is a digest over everything that the outcome follows from: the task with
its parameters, the subject, the policies, the seed, the days, the rows in memory, the machine and its software. Another
submission, seed or version therefore finds nothing of use and measures anew. A file is written whole or not at all.

What a model did beside answering (``security.behaviour``) is measured over all that it was asked, and two halves of
that do not make the figures of a whole. Where a policy asks for it, all that asks the model is therefore one task.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import JsonValue, TypeAdapter, ValidationError

from proofbox.policies.canonical import canonical
from proofbox.reports.folder import replace_file
from proofbox.runners.assessing.outcome import Outcome
from proofbox.runners.errors import UsageError
from proofbox.runners.hosted.hostrecord import host_record
from proofbox.sandbox.limits import Limits

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.policies.record import SubjectRecord
    from proofbox.runners.assessing.plan import Plan, Task
    from proofbox.runners.assessing.settings import Settings
    from proofbox.runners.hosted.hosting import Hosting

SUFFIX = ".task.json"
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """What was measured of the model while it was up, and what was seen of it from outside."""

    outcome: Outcome
    executor: str
    selfcheck: dict[str, JsonValue]
    stats: dict[str, JsonValue]
    limits: dict[str, float]


def state_of(settings: Settings, record: SubjectRecord, policies: Sequence[LoadedPolicy], plan: Plan) -> State | None:
    """Return the folder of finished tasks that the settings name; None where they name none.

    Raises
    ------
    UsageError
        It cannot be made.
    """
    if settings.resume is None:
        return None
    follows_from: dict[str, Json] = {
        "subject": record.digest,
        "policies": [loaded.digest for loaded in policies],
        "attributes": [list(names) for names in plan.attributes],
        "seed": settings.seed,
        "as_of": settings.as_of,
        "rows_in_memory": settings.most_rows,
        "executor": settings.executor,
        "environment": None if settings.environment is None else str(settings.environment),
        "limits": cast("Json", settings.limits.to_json()),
        "signers": [hashlib.sha256(signer.pem).hexdigest() for signer in settings.signers],
        "host": cast("Json", host_record()),
    }
    return State(settings.resume, follows_from)


class State:
    """A folder of finished tasks.

    Parameters
    ----------
    folder
        Made with mode 0700 where it is not there: it holds counterexamples, which are rows of the data.
    identity
        What every outcome follows from besides its task.

    Raises
    ------
    UsageError
        There is no such folder and it cannot be made, or it is a file.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Json]) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as err:
            raise UsageError(f"--resume {folder}: cannot be made or written to ({err.strerror})") from err
        self._folder = folder
        self._identity = canonical(dict(identity))
        self.taken = 0
        """Tasks whose outcome was found and not measured again."""

    def take(self, task: Task) -> Outcome | None:
        """Return what a task gave; None where it is not finished, or its file cannot be read."""
        raw = self._read(task.key)
        found = None if raw is None else _read_as(_outcomes(), raw)
        self.taken += found is not None
        return found

    def keep(self, task: Task, outcome: Outcome) -> None:
        """Keep what a task gave; one that ended in an error is tried again."""
        if not outcome.errors:
            self._write(task.key, _outcomes().dump_json(outcome))

    def take_hosted(self, tasks: Sequence[Task], hosting: Hosting) -> Outcome | None:
        """Return what all tasks that ask the model gave together, and fill ``hosting`` as it was then."""
        raw = self._read(_together(tasks))
        found = None if raw is None else _read_as(_hosted(), raw)
        if found is None:
            return None
        hosting.executor, hosting.selfcheck, hosting.stats = found.executor, found.selfcheck, found.stats
        hosting.limits = Limits(**found.limits)  # type: ignore[arg-type]  # whole numbers come back as such
        self.taken += len(tasks)
        return found.outcome

    def keep_hosted(self, tasks: Sequence[Task], hosting: Hosting, outcome: Outcome) -> None:
        """Keep what all tasks that ask the model gave together; where one ended in an error, all are tried again."""
        if outcome.errors or hosting.limits is None:
            return
        kept = Hosted(
            outcome=outcome,
            executor=hosting.executor,
            selfcheck=dict(hosting.selfcheck),
            stats=dict(hosting.stats),
            limits=hosting.limits.to_json(),
        )
        self._write(_together(tasks), _hosted().dump_json(kept))

    def _path(self, key: str) -> Path:
        return self._folder / (hashlib.sha256(f"{self._identity}\n{key}".encode()).hexdigest() + SUFFIX)

    def _read(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except OSError:
            return None

    def _write(self, key: str, raw: bytes) -> None:
        try:
            replace_file(self._path(key), raw)
        except OSError as err:
            raise UsageError(f"--resume {self._folder}: cannot be written to ({err.strerror})") from err


@cache
def _outcomes() -> TypeAdapter[Outcome]:
    return TypeAdapter(Outcome)


@cache
def _hosted() -> TypeAdapter[Hosted]:
    return TypeAdapter(Hosted)


def _together(tasks: Sequence[Task]) -> str:
    return canonical([task.key for task in tasks])


def _read_as(kind: TypeAdapter[Found], raw: bytes) -> Found | None:
    """Return what a file holds; None where it is not what this version writes: then the task is done again."""
    try:
        return kind.validate_json(raw)
    except ValidationError:
        return None
