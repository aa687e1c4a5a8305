"""Private keys in files: PKCS #8 behind a passphrase, readable by their owner alone, never overwritten."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from proofbox.reports.signing.errors import KeyFileError
from proofbox.reports.signing.keys import keyid_of, signature_by, understood

if TYPE_CHECKING:
    from proofbox.reports.signing.keys import PrivateKey

Algorithm = Literal["ed25519", "p256", "p384"]
MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySigner:
    """Signs with a key from a file, which stays in memory and is never shown."""

    key: PrivateKey = field(repr=False)
    chain: tuple[bytes, ...] = ()
    """Certificates in DER, the key's own first."""

    @property
    def keyid(self) -> str:
        """sha256 of the public key, 64 hex digits."""
        return keyid_of(self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the signature over ``data``."""
        return signature_by(self.key, data)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """Where a new pair stands."""

    private: Path
    public: Path
    keyid: str


def generate(out: Path, name: str, algorithm: Algorithm, passphrase: bytes) -> KeyPair:
    """Make a key pair: ``NAME.key`` (mode 0600, encrypted) and ``NAME.pub.pem`` in the folder ``out``.

    Raises
    ------
    KeyFileError
        One of the files is there already, the folder cannot be written, or the passphrase is empty; nothing is left.
    """
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        PublicFormat,
    )

    if not passphrase:
        raise KeyFileError("got an empty passphrase, expected one: a key that anybody can use proves nothing")
    key = _new(algorithm)
    private, public = out / f"{name}.key", out / f"{name}.pub.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(public, shown, 0o644)
        try:
            _create(private, secret, 0o600)
        except OSError:
            public.unlink()
            raise
    except FileExistsError as err:
        raise KeyFileError(f"{err.filename}: exists already; a key is never overwritten, choose another name") from err
    except OSError as err:
        raise KeyFileError(f"{out}: cannot be written ({err.strerror})") from err
    return KeyPair(private=private, public=public, keyid=keyid_of(key.public_key()))


def read_private_key(path: Path, passphrase: bytes | None) -> PrivateKey:
    """Read a private key in PEM.

    Parameters
    ----------
    passphrase
        None where none was given.

    Raises
    ------
    KeyFileError
        The file cannot be read, others may read it, it holds no key of a kind that is understood, or the passphrase is
        wrong; nothing of the file or of the passphrase is in the message.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = _read_own(path)
    if passphrase is not None and not is_encrypted(pem):
        passphrase = None
    try:
        key = load_pem_private_key(pem, passphrase)
    except TypeError:
        raise KeyFileError(
            f"{path}: got an encrypted key without its passphrase, expected one by --key-passphrase-env or "
            "--key-passphrase-fd, or typed at a terminal"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        # The library's own words may quote the file.
        raise KeyFileError(f"{path}: got no private key in PEM (PKCS #8), or another passphrase than its own") from None
    try:
        understood(key.public_key())
    except KeyFileError as err:
        raise KeyFileError(f"{path}: {err}") from None
    return key  # type: ignore[return-value] # the kinds that understood() lets through


def is_encrypted(pem: bytes) -> bool:
    """Return whether a passphrase is needed, by the file's first line or headers."""
    return b"ENCRYPTED" in pem[:300]


def needs_passphrase(path: Path) -> bool:
    """Return whether the key file is encrypted.

    Raises
    ------
    KeyFileError
        It cannot be read, or others may read it.
    """
    return is_encrypted(_read_own(path))


def _read_own(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(MOST_BYTES)
    except OSError as err:
        raise KeyFileError(f"{path}: cannot be read ({(err.strerror or 'an error of the system').lower()})") from err
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileError(
            f"{path}: others may read or change this key (mode {stat.S_IMODE(mode):04o}); run 'chmod 600 {path}'"
        )
    return pem


def _new(algorithm: Algorithm) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if algorithm == "ed25519":
        return Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1() if algorithm == "p256" else ec.SECP384R1())


def _create(path: Path, raw: bytes, mode: int) -> None:
    # O_EXCL follows no link and overwrites nothing.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(raw)
        file.flush()
        os.fsync(descriptor)
