"""``proofbox batch``: assess many submissions, each in a process of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import (
    as_of_option,
    attestation_key_option,
    environment_option,
    executor_option,
    fetching_options,
    json_option,
    lang_option,
    ledger_option,
    model_certificate_option,
    model_key_option,
    ray_address_option,
    rows_option,
    runner_option,
    seed_option,
    url_option,
    waiver_key_option,
    waivers_option,
)
from proofbox.runners.commands.settings import settings_of
from proofbox.runners.commands.signing_options import signing_options


@click.command("batch")
@click.argument("source", metavar="FOLDER|LIST", type=click.Path(path_type=Path))
@click.option("--policy", "-p", "policies", multiple=True, required=True, help="A shipped policy's id, or a path.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the bundles and the table.")
@click.option(
    "--jobs",
    "--workers",
    "jobs",
    type=click.IntRange(1, 10_000),
    help="Submissions at a time.  [default: one for each processor, of this machine or of the cluster]",
)
@runner_option
@ray_address_option
@click.option(
    "--seconds-each",
    type=click.FloatRange(min=1),
    default=3600,
    show_default=True,
    help="After so much time a submission is ended, and the others go on.",
)
@click.option(
    "--megabytes-each",
    type=click.IntRange(min=512),
    default=4096,
    show_default=True,
    help="Memory that a submission may take outside the walls, which have limits of their own.",
)
@ledger_option
@seed_option
@lang_option
@executor_option
@environment_option
@url_option
@fetching_options
@rows_option
@model_key_option
@model_certificate_option
@as_of_option
@waivers_option
@waiver_key_option
@attestation_key_option
@signing_options
@json_option
def command(source: Path, policies: tuple[str, ...], out: Path, **given: object) -> None:
    """Assess every submission in FOLDER, or of a LIST of paths, each in a process of its own.

    Run it again with the same --out to go on where it ended: a submission whose bundle is there is not assessed again.

    Exit code 0: all conform. Else the first of these that one ended with: 1 does not conform, 70 a defect, 4 no
    isolation, 2 bad input, 3 undetermined or over its budget.

    Example: proofbox batch incoming/ --policy vn-trusted-ai --out evidence/
    """
    from proofbox.reports.batch import batch_json
    from proofbox.runners.batch.job import How, run_batch
    from proofbox.runners.batch.pool import Budget
    from proofbox.runners.batch.summary import exit_code, lines
    from proofbox.runners.errors import UsageError
    from proofbox.runners.run.main_job import Publishing
    from proofbox.runners.signed.signing import signer_of, stamper_of
    from proofbox.runners.spread.opening import spread_of

    spread = spread_of({**given, "workers": given["jobs"] or 0})
    if given["token"]:
        raise UsageError(
            "--token: a token is held by one process at a time; sign the bundles afterwards: proofbox sign"
        )
    language = str(given["lang"])
    how = How(
        settings=settings_of(given),
        budget=Budget(
            wall_seconds=float(str(given["seconds_each"])), memory_bytes=int(str(given["megabytes_each"])) << 20
        ),
        publishing=Publishing(
            ledger=cast("Path | None", given["ledger"]),
            signer=signer_of(given),
            stamper=stamper_of(given),
        ),
        side_by_side=int(str(given["jobs"] or len(os.sched_getaffinity(0)))),
        as_of=str(given["as_of"]) if given["as_of"] else None,
        language=language,
        spread=spread,
    )
    batch = run_batch(source, policies, out, how)
    if given["json"]:
        print(json.dumps(batch_json(batch.rows, batch.policies), ensure_ascii=False))
    else:
        for said in lines(batch.rows, out, language):
            print(said)
    raise SystemExit(exit_code(batch.rows))
