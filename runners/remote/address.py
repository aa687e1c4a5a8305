"""An address of data, and whether it lies below one that the operator allowed.

An address is ``s3://BUCKET/KEY``, ``gs://BUCKET/KEY``, ``abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH`` (or
``abfs://CONTAINER/PATH``) or ``file:///PATH``, taken letter by letter: no percent-encoding, query, fragment, port, user
or password. Keys are held to the rules for names in a submission, so that what is shown is what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from proofbox.runners.remote.errors import BadAddressError, NotAllowedError
from proofbox.sandbox.errors import IntakeError
from proofbox.sandbox.names import checked_path

FOLDER = "fetched"
"""Folder of the copy that fetched files are put into, each below its scheme and its bucket."""

MAX_CHARACTERS = 1024

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
# https://cloud.google.com/storage/docs/buckets#naming
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftstorage
_CONTAINER = r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_AUTHORITIES = {
    "s3": re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "gs": re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"),
    "abfs": re.compile(rf"{_CONTAINER}(@[a-z0-9]{{3,24}}\.dfs\.core\.windows\.net)?"),
    "file": re.compile(""),
}
SCHEMES = tuple(_AUTHORITIES)
_FORMS = {
    "s3": "s3://BUCKET/KEY",
    "gs": "gs://BUCKET/KEY",
    "abfs": "abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH",
    "file": "file:///PATH",
}
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(/.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one object or file stands, or the prefix of many."""

    scheme: str
    """One of :data:`SCHEMES`."""
    authority: str
    """Bucket, or container with or without the account; empty for ``file``."""
    parts: tuple[str, ...]
    """Names between the slashes of key or path; empty for a whole bucket."""
    folder: bool = False
    """Whether it is written with a slash at its end: data in parts, which lie below it."""

    @property
    def key(self) -> str:
        """Key or path, without a slash before it."""
        return "/".join(self.parts)

    @property
    def local(self) -> str:
        """Path, relative to the copy of a submission, that it is put at; no other address has it."""
        return "/".join(part for part in (FOLDER, self.scheme, self.authority, *self.parts) if part)

    def __str__(self) -> str:
        """Return the address as it is written."""
        return f"{self.scheme}://{self.authority}/{self.key}{'/' if self.folder else ''}"

    def below(self, prefix: Address) -> bool:
        """Whether it is ``prefix`` or lies below it; names are compared whole."""
        same = (self.scheme, self.authority) == (prefix.scheme, prefix.authority)
        return same and self.parts[: len(prefix.parts)] == prefix.parts


def is_address(text: str) -> bool:
    """Whether a path in ``submission.yaml`` is meant as an address; no name of a file may hold ``://``."""
    return _ADDRESS.fullmatch(text) is not None


def parse_address(text: str, *, prefix: bool = False, folder: bool = False) -> Address:
    """Return an address.

    Parameters
    ----------
    prefix
        Whether it may be a whole bucket, and may end with a slash; a file of this machine needs a folder all the same.
    folder
        Whether it may be one of data in parts, which ends with a slash.

    Raises
    ------
    BadAddressError
        It is none; the message names what is wrong and repeats nothing of it but the scheme.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or found[1] not in SCHEMES:
        got = f"an address with the scheme {found[1][:20]}" if found else "no address"
        raise BadAddressError(got, "one of " + ", ".join(_FORMS.values()), _hint(found[1] if found else ""))
    scheme, authority, path = found[1], found[2], (found[3] or "").removeprefix("/")
    expected = _FORMS[scheme]
    if len(text) > MAX_CHARACTERS:
        raise BadAddressError(f"an address of {len(text)} characters", f"at most {MAX_CHARACTERS}", "shorten the key")
    if strange := sorted({sign for sign in text if sign in "?#%"}):
        hint = (
            "write the key as it is, without query, fragment or percent-encoding; credentials come from the environment"
        )
        raise BadAddressError(f"the sign {strange[0]!r} in an address", expected, hint)
    if not _AUTHORITIES[scheme].fullmatch(authority):
        got = f"what is no {'host that is read' if scheme == 'file' else 'bucket'} after {scheme}://"
        hint = "no user, password or port stands in an address: credentials and endpoints come from the environment"
        raise BadAddressError(got, expected, hint)
    in_parts = folder and path.endswith("/")
    path = path.removesuffix("/") if prefix or in_parts else path
    if not path and not (prefix and scheme != "file"):
        raise BadAddressError(f"an address of {scheme} without a path", expected, "name the file, or a folder to allow")
    if path:
        _check_key(path, expected)
    parts = tuple(path.split("/")) if path else ()
    return Address(scheme=scheme, authority=authority, parts=parts, folder=in_parts)


def allowed_prefixes(given: Iterable[str]) -> tuple[Address, ...]:
    """Return the addresses that the operator allows (``--allow-data``).

    Raises
    ------
    BadAddressError
        One of them is none.
    """
    return tuple(parse_address(text, prefix=True) for text in given)


def allowing(address: Address, allowed: Iterable[Address]) -> Address:
    """Return the allowed address that ``address`` is, or lies below.

    Raises
    ------
    NotAllowedError
        There is none.
    """
    for prefix in allowed:
        if address.below(prefix):
            return prefix
    raise NotAllowedError(
        f"data at {address}, an address that nobody allowed, so it was not asked",
        "a file of the submission, or an address that whoever runs Proofbox allows by name",
        f"allow it, or the folder above it: --allow-data {address}",
    )


def _check_key(path: str, expected: str) -> None:
    try:
        checked_path(path)
    except IntakeError as err:
        raise BadAddressError(f"{err.got} in an address", f"{err.expected} ({expected})", "rename the object") from err


def _hint(scheme: str) -> str:
    if scheme.lower() in ("abfss", "wasbs", "az", "adl"):
        return "write abfs://: the connection is encrypted all the same"
    if scheme.lower() in ("s3a", "s3n", "gcs"):
        return f"write {'gs' if scheme.lower() == 'gcs' else 's3'}://"
    return "put the file into the submission, or into a store of one of these"
