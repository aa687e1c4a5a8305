"""What can be wrong with data by address, in words that never repeat what may hold a secret."""

from __future__ import annotations

from proofbox.runners.errors import RunnersError


class RemoteDataError(RunnersError):
    """Data by address cannot be had: what was got, what was expected, and what to do (exit code 2)."""

    exit_code = 2

    def __init__(self, got: str, expected: str, hint: str) -> None:
        super().__init__(f"got {got}, expected {expected}; {hint}")
        self.got, self.expected, self.hint = got, expected, hint


class BadAddressError(RemoteDataError):
    """The address is none of those that are read; it is not repeated, since it may hold a password."""


class NotAllowedError(RemoteDataError):
    """Whoever runs Proofbox did not allow the address, so nothing was contacted or opened."""


class FetchError(RemoteDataError):
    """The address is allowed, and what stands there cannot be had."""
