"""Who signs and whose signature is expected, as the options say.

A key comes from a file or is on a token, with its certificates; ``--tsa-url`` names who attests the time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from cryptography import x509

    from proofbox.reports.signing.interface import Signer, Stamper, Verifier

MOST_PASSPHRASE_BYTES = 4096
MOST_PEM_BYTES = 1_000_000
CERTIFICATES = (".pem", ".crt", ".cer", ".der")
LISTS = (".crl",)
"""Endings of what is read from a trust store."""

Read = TypeVar("Read")


def signer_of(given: Mapping[str, object]) -> Signer | None:
    """Return who signs by ``--key`` or ``--token`` and the options beside them; None where neither is given.

    Raises
    ------
    UsageError
        An option stands without the one that it belongs to, or a passphrase cannot be had.
    KeyFileError, SigningFailedError
        The key cannot be used, or the token refused.
    """
    from proofbox.reports.signing.certificates import read_certificates

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
    issued = cast("Path | None", given.get("key_certificate"))
    certificates = () if issued is None else told(issued, read_certificates)
    return _from_file(path, certificates, given) if path is not None else _from_token(certificates, given)


def stamper_of(given: Mapping[str, object]) -> Stamper | None:
    """Return the time stamp authority of ``--tsa-url``; None where it is not given: nobody is asked."""
    if given.get("tsa_url") is None:
        return None
    from proofbox.reports.signing.timestamps import Authority

    return Authority(url=str(given["tsa_url"]))


def verifier_of(given: Mapping[str, object]) -> Verifier | None:
    """Return whose signature ``--key``, or ``--certificate`` and ``--trust-store``, ask for; None where none is given.

    Raises
    ------
    UsageError
        A file cannot be read, both kinds are given, or a trust store holds no certificate.
    KeyFileError
        A file holds no key, certificate or list of a kind that is understood.
    """
    from proofbox.reports.signing.certificates import read_certificates, read_lists
    from proofbox.reports.signing.chains import CertificateVerifier
    from proofbox.reports.signing.keys import KeyVerifier, read_public_key

    key, store = cast("Path | None", given["key"]), cast("Path | None", given["trust_store"])
    named = cast("tuple[Path, ...]", given["certificates"])
    authorities = _all(cast("tuple[Path, ...]", given["tsa_certificates"]), read_certificates)
    if key is not None:
        if named or store is not None:
            raise UsageError("got --key and certificates, expected one of the two: a bare key has no chain")
        return KeyVerifier(key=told(key, read_public_key), authorities=authorities)
    if not named and store is None:
        return None
    lists = (*cast("tuple[Path, ...]", given["lists"]), *_in(store, LISTS))
    trusted: tuple[x509.Certificate, ...] = _all((*named, *_in(store, CERTIFICATES)), read_certificates)
    if not trusted:
        raise UsageError(
            f"--trust-store {store}: got no certificate ({', '.join(CERTIFICATES)}), expected at least one"
        )
    return CertificateVerifier(trusted=trusted, lists=_all(lists, read_lists), authorities=authorities)


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


def told(path: Path, read: Callable[[bytes], Read]) -> Read:
    """Return what a file holds.

    Raises
    ------
    UsageError, KeyFileError
        It cannot be read, or holds nothing of the kind; the message names it.
    """
    from proofbox.reports.signing.errors import KeyFileError

    try:
        return read(read_pem(path))
    except KeyFileError as err:
        raise KeyFileError(f"{path}: {err}") from err


def _in(store: Path | None, endings: tuple[str, ...]) -> tuple[Path, ...]:
    if store is None:
        return ()
    try:
        return tuple(path for path in sorted(store.iterdir()) if path.suffix.lower() in endings)
    except OSError as err:
        raise UsageError(f"--trust-store {store}: cannot be read ({(err.strerror or 'error').lower()})") from err


def _all(paths: Iterable[Path], read: Callable[[bytes], tuple[Read, ...]]) -> tuple[Read, ...]:
    return tuple(one for path in paths for one in told(path, read))


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
