"""What can be wrong with data by address, in words that never repeat what may hold a secret."""

from __future__ import annotations

from proofbox.runners.errors import BadSourceError


class RemoteDataError(BadSourceError):
    """Data by address cannot be had."""


class BadAddressError(RemoteDataError):
    """The address is none of those that are read; it is not repeated, since it may hold a password."""


class NotAllowedError(RemoteDataError):
    """Whoever runs Proofbox did not allow the address, so nothing was contacted or opened."""


class FetchError(RemoteDataError):
    """The address is allowed, and what stands there cannot be had."""
