"""``proofbox sign``: sign a bundle that was written without a key."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import json_option
from proofbox.runners.commands.signing_options import signing_options


@click.command("sign")
@click.argument("bundle", type=click.Path(path_type=Path))
@signing_options
@json_option
def command(bundle: Path, **given: object) -> None:
    """Sign BUNDLE (a folder that 'run' wrote without --key); nothing in it changes but two files that are added.

    Every file is compared with the manifest first. A signature is never replaced. The report in the bundle was written
    before, and goes on saying that it was unsigned then.

    Exit code 0: signed. 1: the bundle is not whole. 2: no key, no bundle, or it is signed already.

    Example: proofbox sign evidence --key signing.key
    """
    from proofbox.reports.signing.bundles import sign_bundle
    from proofbox.runners.errors import UsageError
    from proofbox.runners.signed.signing import signer_of, stamper_of

    signer = signer_of(given)
    if signer is None:
        raise UsageError("got no key, expected --key FILE ('proofbox keys generate' makes one)")
    sign_bundle(bundle, signer, stamper_of(given))
    if given["json"]:
        print(json.dumps({"bundle": str(bundle), "keyid": signer.keyid}))
    else:
        print(f"signed with the key {signer.keyid}")
