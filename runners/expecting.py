"""Whose signature is expected, as the options say; and what key a file holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from proofbox.runners.errors import UsageError
from proofbox.runners.signing import read_pem, signer_of

if TYPE_CHECKING:
    from cryptography import x509

    from proofbox.reports.signing.interface import Verifier
    from proofbox.reports.signing.keyfiles import KeySigner
    from proofbox.reports.signing.keys import PublicKey

CERTIFICATES = (".pem", ".crt", ".cer", ".der")
LISTS = (".crl",)

Read = TypeVar("Read")


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
        return KeyVerifier(key=_told(key, read_public_key), authorities=authorities)
    if not named and store is None:
        return None
    lists = (*cast("tuple[Path, ...]", given["lists"]), *_in(store, LISTS))
    trusted: tuple[x509.Certificate, ...] = _all((*named, *_in(store, CERTIFICATES)), read_certificates)
    if not trusted:
        raise UsageError(
            f"--trust-store {store}: got no certificate ({', '.join(CERTIFICATES)}), expected at least one"
        )
    return CertificateVerifier(trusted=trusted, lists=_all(lists, read_lists), authorities=authorities)


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
        return cast("KeySigner", signer_of({**given, "key": path})).key.public_key()
    if b"BEGIN CERTIFICATE-----" in raw:
        return key_of(_told(path, read_certificates)[0])
    return _told(path, read_public_key)


def _in(store: Path | None, endings: tuple[str, ...]) -> tuple[Path, ...]:
    if store is None:
        return ()
    try:
        return tuple(path for path in sorted(store.iterdir()) if path.suffix.lower() in endings)
    except OSError as err:
        raise UsageError(f"--trust-store {store}: cannot be read ({(err.strerror or 'error').lower()})") from err


def _all(paths: Iterable[Path], read: Callable[[bytes], tuple[Read, ...]]) -> tuple[Read, ...]:
    return tuple(one for path in paths for one in _told(path, read))


def _told(path: Path, read: Callable[[bytes], Read]) -> Read:
    from proofbox.reports.signing.errors import KeyFileError

    try:
        return read(read_pem(path))
    except KeyFileError as err:
        raise KeyFileError(f"{path}: {err}") from err
