"""The errors of this room: a bad submission, missing isolation and a failing model are three different things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

ModelErrorKind = Literal["crash", "raised", "hang", "garbage", "load", "refused", "limit"]
"""``crash`` its process ended, ``raised`` it raised an error and lives on, ``hang`` no answer in time, ``garbage`` an
answer that is none, ``load`` it could not be loaded, ``refused`` it does not have what was asked of it, ``limit`` it
was stopped at a limit."""


class SandboxError(Exception):
    """Base of every error that :mod:`proofbox.sandbox` raises."""


class IntakeError(SandboxError):
    """A submission that is not taken in; nothing of it is left behind.

    Attributes
    ----------
    path
        Where in the submission the trouble is, with ``/``; empty for the submission as a whole.
    got, expected, hint
        What was found, what is taken instead, and what to do about it.
    """

    exit_code = 2

    def __init__(self, path: str, *, got: str, expected: str, hint: str) -> None:
        self.path = path
        self.got = got
        self.expected = expected
        self.hint = hint
        place = f"{path}: " if path else ""
        super().__init__(f"{place}got {got}, expected {expected}; {hint}")


class InterpreterError(SandboxError):
    """The Python that a model was to run on cannot be used; nothing was started."""

    exit_code = 2


class IsolationError(SandboxError):
    """Isolation could not be had or proven; the model was not loaded.

    Attributes
    ----------
    advice
        Ways out, one sentence each, the simplest first.
    """

    exit_code = 4

    def __init__(self, message: str, *, advice: tuple[str, ...] = ()) -> None:
        self.advice = advice
        super().__init__("; ".join((message, *advice)))


class ModelError(SandboxError):
    """The hosted model crashed, hung, answered garbage, could not be loaded or went over a limit.

    Attributes
    ----------
    kind
        One of :data:`ModelErrorKind`.
    what
        One plain sentence without host paths, tracebacks or control characters.
    rows
        Of ``garbage``, the rows whose answers are none, as zero-based places in what was asked; empty where that cannot
        be said.
    lives_on
        Whether it can be asked again without being started again: it said no, or answered in due form what is no
        answer.
    stats
        What was seen of a model that could not be started; empty otherwise.
    """

    stats: Mapping[str, object] = MappingProxyType({})

    def __init__(self, kind: ModelErrorKind, what: str, rows: Sequence[int] = ()) -> None:
        self.kind = kind
        self.what = what
        self.rows = tuple(rows)
        self.lives_on = kind == "raised"
        super().__init__(what)


class DataError(SandboxError):
    """A data file could not be read behind the walls: what is wrong with it, as one plain sentence.

    Attributes
    ----------
    over_limit
        Whether reading it went over a limit, so that a smaller file would do.
    """

    def __init__(self, what: str, *, over_limit: bool = False) -> None:
        self.what = what
        self.over_limit = over_limit
        super().__init__(what)
