"""One attempt in the ledger: committed before anything is measured, and closed with whatever came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.policies.record import AttemptRecord, Conclusion, SubjectRecord
    from proofbox.reports.ledger.entries import Commitment

_SQLITE = "sqlite:///"


def ledger_path(given: Path | None, tracking_uri: str | None) -> Path | None:
    """Return where attempts are written down.

    Parameters
    ----------
    given
        The file that was asked for.
    tracking_uri
        The tracking store, beside which the ledger stands: in the folder of a sqlite file, and in the working folder
        for a server. Without a store, and without ``given``, no ledger is kept: None.
    """
    from proofbox.reports.ledger.writing import FILE_NAME

    if given is not None:
        return given
    if tracking_uri is None:
        return None
    folder = Path(tracking_uri.removeprefix(_SQLITE)).parent if tracking_uri.startswith(_SQLITE) else Path()
    return folder / FILE_NAME


class Attempting:
    """An attempt: :meth:`commit` before measuring, :meth:`finished` after it.

    As a context manager, it writes an attempt down as aborted that was committed and did not finish. A process that is
    killed leaves an attempt without an outcome, which the ledger shows as such.

    Parameters
    ----------
    ledger
        Where it is written down; None: nowhere here.
    counted_by
        Who has it written down elsewhere, with whatever came of it; asked before anything is measured.
    """

    def __init__(self, ledger: Path | None, counted_by: Callable[[Commitment], AttemptRecord] | None = None) -> None:
        self._ledger = ledger
        self._counted_by = counted_by
        self._open: AttemptRecord | None = None

    def __enter__(self) -> Self:
        """Return the attempt itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Write down what ended it, by kind: a message may quote the submission."""
        if self._open is not None:
            self._close(None, None, kind.__name__ if kind else "nothing was concluded")

    def commit(self, subject: SubjectRecord, policies: Sequence[LoadedPolicy], seed: int) -> AttemptRecord | None:
        """Write down what is going to be measured, and return which attempt it is; None where no ledger is kept.

        Raises
        ------
        LedgerError
            It could not be written; nothing may be measured then.
        """
        if self._counted_by is not None:
            return self._counted_by(_commitment(subject, policies, seed))
        return None if self._ledger is None else self.begin(_commitment(subject, policies, seed))

    def begin(self, commitment: Commitment) -> AttemptRecord:
        """Write down a commitment, for who measures elsewhere as well.

        Raises
        ------
        LedgerError
            As :meth:`commit`.
        """
        from proofbox.reports.ledger.writing import commit

        assert self._ledger is not None
        self._open = commit(self._ledger, commitment)
        return self._open

    def finished(self, bundle: str, conclusion: Conclusion) -> None:
        """Write down the digest of the bundle, which is on the disk, and the conclusion.

        A ledger that cannot be written then does not lose the assessment: it is told, and the attempt stays without an
        outcome.
        """
        if self._open is not None:
            self._close(bundle, conclusion, "")

    def _close(self, bundle: str | None, conclusion: Conclusion | None, why: str) -> None:
        from proofbox.reports.ledger.errors import LedgerError
        from proofbox.reports.ledger.writing import abort, finish

        assert self._ledger is not None
        assert self._open is not None
        commitment, self._open = self._open.commitment, None
        try:
            if bundle is not None and conclusion is not None:
                finish(self._ledger, commitment, bundle=bundle, conclusion=conclusion)
            else:
                abort(self._ledger, commitment, why)
        except LedgerError as err:
            print(f"the attempt's outcome was not written down: {err}", file=sys.stderr)


def _commitment(subject: SubjectRecord, policies: Sequence[LoadedPolicy], seed: int) -> Commitment:
    from importlib.metadata import version

    from proofbox.reports.ledger.entries import PolicyName
    from proofbox.reports.ledger.matching import commitment

    return commitment(
        subject.product,
        subject=subject.digest,
        data=subject.data,
        policies=[PolicyName(id=one.policy.id, version=one.policy.version, digest=one.digest) for one in policies],
        run=(seed, version("proofbox")),
    )
