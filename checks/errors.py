"""The errors of this room: raised for callers' mistakes, never for what a measurement found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

FailureKind = Literal["crash", "raised", "hang", "garbage", "load", "refused", "limit"]
"""How a model failed, in the words of the sandbox."""


class ChecksError(Exception):
    """Base of every error that :mod:`proofbox.checks` raises."""


class UnknownCheckError(ChecksError):
    """No check of that id is registered."""


class BadParamsError(ChecksError):
    """The parameters given to a check are not those it takes."""


class BadCheckError(ChecksError):
    """A check's file breaks the shape that every check has (docs/checks.md)."""


class BadDataError(ChecksError):
    """The data cannot be read as the submission describes them; the message names the column and the rows."""


class TooMuchError(BadDataError):
    """A submitted file holds more than is read of it: bytes, entries, or containers within containers."""


class ModelFailedError(ChecksError):
    """The model crashed, hung, answered garbage or refused; raised by whatever serves as the ``Model`` of a check.

    Attributes
    ----------
    kind
        How it failed.
    rows
        Of ``garbage``, the rows whose answers are none, as zero-based places in the rows that were asked about; empty
        where that cannot be said.
    lives_on
        Whether it can be asked again as it is; if not, it has to be started again first.
    """

    def __init__(
        self, what: str, kind: FailureKind = "crash", rows: Sequence[int] = (), *, lives_on: bool | None = None
    ) -> None:
        self.kind = kind
        self.rows = tuple(rows)
        self.lives_on = self.refused if lives_on is None else lives_on
        super().__init__(what)

    @property
    def refused(self) -> bool:
        """Whether it raised an error of its own: it said no, and has not failed."""
        return self.kind == "raised"
