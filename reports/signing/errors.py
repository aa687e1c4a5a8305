"""What can be wrong with a signature, each with its own name: a caller must tell *tampered* from *wrong key*."""

from __future__ import annotations

from typing import ClassVar, Literal

from proofbox.reports.errors import ReportsError

Refusal = Literal[
    "unsigned",
    "not-checked",
    "tampered",
    "wrong-key",
    "wrong-chain",
    "expired",
    "not-yet-valid",
    "revoked",
    "future",
    "wrong-time-stamp",
]
"""Why a signature proves nothing; ``not-checked``: there is one, and nobody gave a key to check it with."""


class KeyFileError(ReportsError):
    """A key, certificate or passphrase cannot be used; the message never holds a secret."""


class SigningFailedError(ReportsError):
    """A token or a time stamp authority did not do its part; nothing was signed."""


class SignatureError(ReportsError):
    """Base of every reason why a signature proves nothing."""

    state: ClassVar[Refusal] = "tampered"


class BadEnvelopeError(SignatureError):
    """The envelope or the statement in it is not one that this version wrote: it was changed, or is another kind."""


class UnsignedError(SignatureError):
    """There is no signature."""

    state = "unsigned"


class WrongKeyError(SignatureError):
    """The signature was not made with the key that was given, or something else was signed."""

    state = "wrong-key"


class WrongChainError(SignatureError):
    """The certificates do not lead up to one that was given, or are not for signing."""

    state = "wrong-chain"


class ExpiredError(SignatureError):
    """A certificate, or the list that says which are revoked, had run out by then."""

    state = "expired"


class NotYetValidError(SignatureError):
    """A certificate was not valid yet."""

    state = "not-yet-valid"


class RevokedError(SignatureError):
    """A certificate had been revoked by whoever issued it."""

    state = "revoked"


class FutureError(SignatureError):
    """What was signed bears a time that is still to come."""

    state = "future"


class WrongTimeStampError(SignatureError):
    """The time stamp is not over this signature, or not by an authority that was given."""

    state = "wrong-time-stamp"
