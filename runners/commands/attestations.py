"""``proofbox attestations``: a sheet that a person fills in, and the file that it becomes."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from proofbox.runners.commands.completing import complete_policies
from proofbox.runners.commands.signing_options import signing_options


@click.group("attestations")
def command() -> None:
    """Write a sheet for those who attest, and read it back (docs/attestations.md).

    Example: proofbox attestations export --policy vn-trusted-ai --out sheet.xlsx
    """


@command.command("export")
@click.option(
    "--policy",
    "-p",
    "policies",
    multiple=True,
    required=True,
    shell_complete=complete_policies,
    help="A shipped policy's id, or a path.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The sheet: .csv or .xlsx.")
def export(policies: tuple[str, ...], out: Path) -> None:
    """Write a sheet with one row for each requirement that a person attests.

    A name that ends in .xlsx gives a workbook with choices to pick from (extra 'papers'), every other a sheet of
    text (CSV). The file must not exist yet.
    """
    from proofbox.runners.signed.attesting import empty_sheet

    _write(out, empty_sheet(policies, as_workbook=out.suffix.lower() == ".xlsx"))
    click.echo(
        f"{out}: one row for each requirement that a person attests; once filled in, give it to 'import'", err=True
    )


@command.command("import")
@click.argument("filled", metavar="SHEET", type=click.Path(path_type=Path))
@click.option(
    "--submission", type=click.Path(path_type=Path), required=True, help="Folder that the documents stand in."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="attestations.yaml; must not exist yet.")
def import_sheet(filled: Path, submission: Path, out: Path) -> None:
    """Make attestations.yaml of a filled-in SHEET (CSV or xlsx).

    The digest of each document is taken from the submission.
    """
    from proofbox.policies.attestation_sheet import attestation_lines
    from proofbox.runners.signed.attesting import attestations_of

    found = attestations_of(filled, submission)
    _write(out, ("\n".join(attestation_lines(found)) + "\n").encode())
    click.echo(f"{out}: {len(found)} attested; name it under 'attestations:' in submission.yaml", err=True)


@command.command("sign")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("requirement")
@click.option("--policy", help="Of two attestations of REQUIREMENT, the one for this policy.")
@signing_options
def sign(file: Path, requirement: str, **given: object) -> None:
    """Print the line 'signature: ...' of the attestation of REQUIREMENT in FILE by its signer's key.

    FILE is not changed: put the line beside the statement.
    """
    from proofbox.runners.signed.attesting import sign_attestation

    print(sign_attestation(file, requirement, given))


def _write(out: Path, raw: bytes) -> None:
    from proofbox.runners.errors import UsageError

    try:
        with out.open("xb") as file:
            file.write(raw)
    except OSError as err:
        raise UsageError(f"--out {out}: cannot be written ({err.strerror})") from err
