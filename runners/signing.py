"""The key that the options name, with its passphrase: asked at a terminal, or from where the user says."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from proofbox.reports.signing.interface import Signer, Verifier
    from proofbox.reports.signing.keyfiles import KeySigner
    from proofbox.reports.signing.keys import PublicKey

MOST_PASSPHRASE_BYTES = 4096
MOST_PEM_BYTES = 1_000_000


def signer_of(given: Mapping[str, object]) -> Signer | None:
    """Return who signs by ``--key`` and the options beside it; None where there is no key.

    Raises
    ------
    UsageError
        A passphrase was named without a key, or cannot be had.
    KeyFileError
        The key cannot be used.
    """
    from proofbox.reports.signing.keyfiles import KeySigner, needs_passphrase, read_private_key

    path = cast("Path | None", given["key"])
    if path is None:
        if given["key_passphrase_env"] is not None or given["key_passphrase_fd"] is not None:
            raise UsageError("got a passphrase without a key, expected --key FILE beside it")
        return None
    passphrase = passphrase_of(given, f"Passphrase of {path}: ") if needs_passphrase(path) else None
    return KeySigner(key=read_private_key(path, passphrase))


def verifier_of(given: Mapping[str, object]) -> Verifier | None:
    """Return whose signature the options ask for; None where they name nobody.

    Raises
    ------
    UsageError
        A file cannot be read.
    KeyFileError
        It holds no public key of a kind that is understood.
    """
    from proofbox.reports.signing.errors import KeyFileError
    from proofbox.reports.signing.keys import KeyVerifier, read_public_key

    path = cast("Path | None", given["key"])
    if path is None:
        return None
    try:
        return KeyVerifier(key=read_public_key(read_pem(path)))
    except KeyFileError as err:
        raise KeyFileError(f"--key {path}: {err}") from err


def passphrase_of(given: Mapping[str, object], prompt: str, *, twice: bool = False) -> bytes:
    """Return the passphrase from the environment variable or file descriptor that was named, or ask for it.

    A variable is taken out of the environment, so that no program started later inherits it.

    Raises
    ------
    UsageError
        Both were named, the one named holds nothing, or there is no terminal to ask at.
    """
    name, descriptor = cast("str | None", given["key_passphrase_env"]), cast("int | None", given["key_passphrase_fd"])
    if name is not None and descriptor is not None:
        raise UsageError("got --key-passphrase-env and --key-passphrase-fd, expected one of them")
    if name is not None:
        found = os.environb.pop(os.fsencode(name), b"")
        return _filled(found, f"--key-passphrase-env {name}")
    if descriptor is not None:
        return _filled(_read_line(descriptor), f"--key-passphrase-fd {descriptor}")
    return _asked(prompt, twice=twice)


def _read_line(descriptor: int) -> bytes:
    try:
        with open(descriptor, "rb", closefd=False) as file:
            return file.readline(MOST_PASSPHRASE_BYTES).rstrip(b"\r\n")
    except OSError as err:
        raise UsageError(f"--key-passphrase-fd {descriptor}: cannot be read ({err.strerror})") from err


def _filled(found: bytes, option: str) -> bytes:
    if not found:
        raise UsageError(f"{option}: got nothing, expected the passphrase of the key")
    return found


def _asked(prompt: str, *, twice: bool) -> bytes:
    if not sys.stdin.isatty():
        raise UsageError(
            "the key has a passphrase and there is no terminal to ask at; name where it is: --key-passphrase-env NAME"
            " or --key-passphrase-fd N"
        )
    from getpass import getpass

    found = getpass(prompt)
    if twice and getpass("Again: ") != found:
        raise UsageError("the two passphrases differ; nothing was written")
    return _filled(found.encode(), "at the terminal")


def shown_key(path: Path, given: Mapping[str, object]) -> dict[str, str]:
    """Return the kind, fingerprint and public key (PEM) of a key or certificate in a file.

    Raises
    ------
    UsageError
        The file cannot be read, or a passphrase cannot be had.
    KeyFileError
        It holds no key of a kind that is understood.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from proofbox.reports.signing.keys import keyid_of, kind_of

    key = _public_of(path, given)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    return {"kind": kind_of(key), "keyid": keyid_of(key), "public_key": pem}


def _public_of(path: Path, given: Mapping[str, object]) -> PublicKey:
    from proofbox.reports.signing.certificates import key_of, read_certificates
    from proofbox.reports.signing.keys import read_public_key

    raw = read_pem(path)
    if b"PRIVATE KEY-----" in raw:
        signer = signer_of({**given, "key": path})
        return cast("KeySigner", signer).key.public_key()
    return key_of(read_certificates(raw)[0]) if b"BEGIN CERTIFICATE-----" in raw else read_public_key(raw)


def read_pem(path: Path) -> bytes:
    """Return a small file.

    Raises
    ------
    UsageError
        It cannot be read, or is too long to be a key or a certificate.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_PEM_BYTES + 1)
    except OSError as err:
        raise UsageError(f"{path}: cannot be read ({(err.strerror or 'an error of the system').lower()})") from err
    if len(raw) > MOST_PEM_BYTES:
        raise UsageError(f"{path}: got more than {MOST_PEM_BYTES} bytes, expected a key or certificates in PEM")
    return raw
