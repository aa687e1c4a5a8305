"""``proofbox keys``: make a key to sign with, and say which key a file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option
from proofbox.runners.commands.signing_options import passphrase_options


@click.group("keys")
def command() -> None:
    """Make and show keys (docs/signing.md). There is no default key: who signs says so with --key."""


@command.command("generate")
@click.option("--out", type=click.Path(path_type=Path), default=".", help="Folder to write to.  [default: this one]")
@click.option("--name", default="signing", show_default=True, help="NAME.key and NAME.pub.pem are written.")
@click.option(
    "--algorithm",
    type=click.Choice(["ed25519", "p256", "p384"]),
    default="ed25519",
    show_default=True,
    help="Ed25519, or ECDSA on P-256 or P-384.",
)
@passphrase_options
@json_option
def generate(out: Path, name: str, **given: object) -> None:
    """Write a private key behind a passphrase (mode 0600), and its public key; no file is overwritten.

    Keep NAME.key to yourself. Give NAME.pub.pem, or the fingerprint, to those who verify, by a way that they trust.
    """
    from proofbox.reports.signing.keyfiles import Algorithm
    from proofbox.reports.signing.keyfiles import generate as make
    from proofbox.runners.errors import UsageError
    from proofbox.runners.signed.signing import passphrase_of

    if not name or name != Path(name).name:
        raise UsageError(f"--name {name}: got a path, expected a plain name")
    passphrase = passphrase_of(given, "New passphrase: ", twice=True)
    made = make(out, name, cast("Algorithm", given["algorithm"]), passphrase)
    if given["json"]:
        print(json.dumps({"private": str(made.private), "public": str(made.public), "keyid": made.keyid}))
        return
    print(f"private key: {made.private} (keep it to yourself)")
    print(f"public key:  {made.public} (give it to those who verify)")
    print(f"fingerprint: {made.keyid}")


@command.command("show")
@click.argument("file", type=click.Path(path_type=Path))
@passphrase_options
@json_option
def show(file: Path, **given: object) -> None:
    """Print the kind and the fingerprint of the key in FILE: a public key, a certificate or a private key (PEM).

    The fingerprint is the SHA-256 of the public key (SubjectPublicKeyInfo in DER), as
    'openssl pkey -pubin -in FILE -outform DER | sha256sum' prints it. Of a private key only the public part is shown.
    """
    from proofbox.runners.signed.keyshow import shown_key

    found = shown_key(file, given)
    if given["json"]:
        print(json.dumps(found))
        return
    print(f"{found['kind']}, fingerprint {found['keyid']}")
    print(found["public_key"], end="")
