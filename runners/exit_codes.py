"""The exit codes that users, CI and auditors may rely on (docs/exit-codes.md)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.policies.record import Conclusion


class ExitCode(IntEnum):
    """What the command's exit says."""

    CONFORMS = 0
    DOES_NOT_CONFORM = 1
    BAD_INPUT = 2
    UNDETERMINED = 3
    NO_ISOLATION = 4
    DEFECT = 70
    INTERRUPTED = 130


BY_CONCLUSION: dict[Conclusion, ExitCode] = {
    "conforms": ExitCode.CONFORMS,
    "does-not-conform": ExitCode.DOES_NOT_CONFORM,
    "undetermined": ExitCode.UNDETERMINED,
}


def exit_code_of(error: BaseException) -> ExitCode:
    """Return the exit code for an error that ended a command."""
    # Imported only when something went wrong: a command that works does not pay for it.
    from proofbox.checks.errors import BadDataError, BadParamsError, UnknownCheckError
    from proofbox.policies.errors import BadDocumentError, BadRecordError, MissingExtraError, UnknownPolicyError
    from proofbox.reports.errors import (
        BundleExistsError,
        BundleWriteError,
        IncompleteBundleError,
        LibraryMissingError,
        NotABundleError,
        PublishError,
        TamperedBundleError,
        UnknownFormError,
    )
    from proofbox.reports.ledger.errors import LedgerError
    from proofbox.reports.review.errors import BrokenHistoryError, ReviewError
    from proofbox.reports.signing.errors import KeyFileError, SignatureError, SigningFailedError
    from proofbox.runners.errors import RunnersError
    from proofbox.sandbox.errors import IntakeError, InterpreterError, IsolationError

    bad_input = (
        *(BadDataError, BadParamsError, UnknownCheckError),
        *(BadDocumentError, BadRecordError, MissingExtraError, UnknownPolicyError),
        *(BundleExistsError, BundleWriteError, NotABundleError, PublishError),
        *(LibraryMissingError, UnknownFormError),
        *(KeyFileError, SigningFailedError),
        *(IntakeError, InterpreterError),
        LedgerError,
        ReviewError,
    )
    if isinstance(error, RunnersError):
        return ExitCode(error.exit_code)
    if isinstance(error, IncompleteBundleError | TamperedBundleError | SignatureError | BrokenHistoryError):
        return ExitCode.DOES_NOT_CONFORM
    if isinstance(error, IsolationError):
        return ExitCode.NO_ISOLATION
    if isinstance(error, bad_input):
        return ExitCode.BAD_INPUT
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    return ExitCode.DEFECT
