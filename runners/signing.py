"""Who signs, as the options say: a key from a file or on a token, its certificates, and who attests the time."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from cryptography import x509

    from proofbox.reports.signing.interface import Signer, Stamper

MOST_PASSPHRASE_BYTES = 4096
MOST_PEM_BYTES = 1_000_000


def signer_of(given: Mapping[str, object]) -> Signer | None:
    """Return who signs by ``--key`` or ``--token`` and the options beside them; None where neither is given.

    Raises
    ------
    UsageError
        An option stands without the one that it belongs to, or a passphrase cannot be had.
    KeyFileError, SigningFailedError
        The key cannot be used, or the token refused.
    """
    path, token = cast("Path | None", given["key"]), cast("str | None", given.get("token"))
    if path is not None and token is not None:
        raise UsageError("got --key and --token, expected one of them")
    if path is None and token is None:
        beside = ("key_passphrase_env", "key_passphrase_fd", "key_certificate", "tsa_url", "token_module", "token_key")
        if named := [name for name in beside if given.get(name) is not None]:
            raise UsageError(
                f"got --{named[0].replace('_', '-')} without a key, expected --key FILE or --token beside it"
            )
        return None
    certificates = _certificates(cast("Path | None", given.get("key_certificate")))
    return _from_file(path, certificates, given) if path is not None else _from_token(certificates, given)


def stamper_of(given: Mapping[str, object]) -> Stamper | None:
    """Return the time stamp authority of ``--tsa-url``; None where it is not given: nobody is asked."""
    if given.get("tsa_url") is None:
        return None
    from proofbox.reports.signing.timestamps import Authority

    return Authority(url=str(given["tsa_url"]))


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


def _from_file(path: Path, certificates: tuple[x509.Certificate, ...], given: Mapping[str, object]) -> Signer:
    from proofbox.reports.signing.certificates import chain_for
    from proofbox.reports.signing.keyfiles import KeySigner, needs_passphrase, read_private_key

    passphrase = passphrase_of(given, f"Passphrase of {path}: ") if needs_passphrase(path) else None
    key = read_private_key(path, passphrase)
    return KeySigner(key=key, chain=chain_for(key.public_key(), certificates) if certificates else ())


def _from_token(certificates: tuple[x509.Certificate, ...], given: Mapping[str, object]) -> Signer:
    from proofbox.reports.signing.token import Token, token_signer

    module, label = cast("Path | None", given["token_module"]), cast("str | None", given["token_key"])
    if module is None or label is None:
        raise UsageError("--token: expected --token-module LIBRARY and --token-key LABEL beside it")
    try:
        pin = passphrase_of(given, f"PIN of the token '{given['token']}': ").decode()
    except UnicodeDecodeError:
        raise UsageError("the PIN of the token is no text in UTF-8") from None
    return token_signer(Token(module=module, token=str(given["token"]), key=label, pin=pin), certificates)


def _certificates(path: Path | None) -> tuple[x509.Certificate, ...]:
    if path is None:
        return ()
    from proofbox.reports.signing.certificates import read_certificates
    from proofbox.reports.signing.errors import KeyFileError

    try:
        return read_certificates(read_pem(path))
    except KeyFileError as err:
        raise KeyFileError(f"--key-certificate {path}: {err}") from err


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
