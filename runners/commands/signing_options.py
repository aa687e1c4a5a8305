"""Options of every command that signs, or asks who signed, so that they read and mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_PATH = click.Path(path_type=Path)


def passphrase_options(command: Decorated) -> Decorated:
    """Add where the passphrase of a key comes from; without either it is asked at the terminal."""
    env = click.option(
        "--key-passphrase-env",
        metavar="NAME",
        help="Environment variable that holds the passphrase of the key, or the PIN of the token.",
    )
    descriptor = click.option(
        "--key-passphrase-fd",
        type=click.IntRange(min=0),
        metavar="N",
        help="Open file descriptor whose first line is that passphrase or PIN.",
    )
    return env(descriptor(command))


def signing_options(command: Decorated) -> Decorated:
    """Add the key to sign with and what belongs to it; ``runners.signed.signing`` reads them."""
    key = click.option(
        "--key",
        type=_PATH,
        help="Private key (PEM) to sign with; there is no default, and without one nothing is signed.",
    )
    certificate = click.option(
        "--key-certificate",
        type=_PATH,
        help="Certificate of the key (PEM), with those that issued it; it goes into the signature.",
    )
    stamp = click.option(
        "--tsa-url", help="Time stamp authority (RFC 3161) that attests when it was signed; none is asked otherwise."
    )
    command = passphrase_options(stamp(_token_options(command)))
    return key(certificate(command))


def verifying_options(command: Decorated) -> Decorated:
    """Add whose signature is expected; ``runners.signed.signing.verifier_of`` reads them."""
    key = click.option("--key", type=_PATH, help="Public key (PEM) by whose holder it should be signed.")
    certificate = click.option(
        "--certificate",
        "certificates",
        multiple=True,
        type=_PATH,
        help="Certificate to trust (PEM or DER): the signer's own, or one that issued it; repeatable.",
    )
    store = click.option(
        "--trust-store", type=_PATH, help="Folder of certificates to trust (.pem .crt .cer .der) and of lists (.crl)."
    )
    lists = click.option(
        "--crl", "lists", multiple=True, type=_PATH, help="List of revoked certificates (PEM or DER); repeatable."
    )
    authority = click.option(
        "--tsa-certificate",
        "tsa_certificates",
        multiple=True,
        type=_PATH,
        help="Certificate (PEM or DER) to trust for time stamps: the authority's root; repeatable.",
    )
    return key(certificate(store(lists(authority(command)))))


def _token_options(command: Decorated) -> Decorated:
    token = click.option("--token", metavar="LABEL", help="Token that holds the key (PKCS #11), instead of --key.")
    module = click.option("--token-module", type=_PATH, help="The PKCS #11 library of the token's vendor.")
    key = click.option("--token-key", metavar="LABEL", help="Label of the key on the token.")
    return token(module(key(command)))
