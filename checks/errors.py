"""The errors of this room: raised for callers' mistakes, never for what a measurement found."""


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
    """The model crashed, hung or answered garbage; raised by whatever serves as the ``Model`` of a check."""
