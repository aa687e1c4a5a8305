"""``proofbox measure``: run one check, without a policy."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.completing import complete_checks
from proofbox.runners.commands.options import (
    as_of_option,
    environment_option,
    executor_option,
    fetching_of,
    fetching_options,
    json_option,
    model_certificate_option,
    model_key_option,
    rows_option,
    seed_option,
    spread_options,
    url_option,
)


@click.command("measure")
@click.argument("submission", type=click.Path(path_type=Path))
@click.option(
    "--check",
    "check_id",
    required=True,
    shell_complete=complete_checks,
    help="Id of the check ('proofbox checks list' shows all).",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter of the check; repeatable.")
@seed_option
@executor_option
@environment_option
@url_option
@spread_options
@fetching_options
@rows_option
@model_key_option
@model_certificate_option
@as_of_option
@json_option
def command(
    submission: Path, check_id: str, settings: tuple[str, ...], seed: int, executor: str, **given: object
) -> None:
    """Measure one thing on SUBMISSION and print it; nothing is judged, nothing is stored."""
    from proofbox.runners.assessing.assess import Settings, today
    from proofbox.runners.assessing.measuring import measure_once, print_outcome
    from proofbox.runners.assessing.progress import progress
    from proofbox.runners.signed.signers import signers_of
    from proofbox.runners.spread.opening import spread_of

    with progress(enabled=not given["json"]) as watch:
        environment = cast("Path | None", given["environment"])
        rows = int(str(given["most_rows"]))
        as_of = str(given["as_of"] or today())
        signers = signers_of(given)
        how = Settings(
            seed=seed,
            executor=executor,
            environment=environment,
            most_rows=rows,
            as_of=as_of,
            signers=signers,
            spread=spread_of(given),
            allowed_urls=cast("tuple[str, ...]", given["allowed_urls"]),
            fetching=fetching_of(given),
        )
        outcome = measure_once(submission, check_id, settings, how, watch)
    print_outcome(outcome, as_json=bool(given["json"]))
