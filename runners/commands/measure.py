"""``proofbox measure``: run one check, without a policy."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from proofbox.runners.commands.completing import complete_checks
from proofbox.runners.commands.options import (
    as_of_option,
    environment_option,
    executor_option,
    fetching_options,
    json_option,
    model_certificate_option,
    model_key_option,
    rows_option,
    seed_option,
    spread_options,
    url_option,
)
from proofbox.runners.commands.settings import settings_of


@click.command("measure")
@click.argument("submission", type=click.Path(path_type=Path))
@click.option(
    "--check",
    "check_id",
    required=True,
    shell_complete=complete_checks,
    help="Id of the check ('proofbox checks list' shows all).",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of the check ('proofbox checks show ID' names them); repeatable.",
)
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
def command(submission: Path, check_id: str, settings: tuple[str, ...], **given: object) -> None:
    """Measure one thing on SUBMISSION and print it; nothing is judged, nothing is stored.

    Example: proofbox measure my-submission --check fairness.group_rates --set attribute=sex
    """
    from proofbox.runners.assessing.measuring import measure_once, print_outcome
    from proofbox.runners.assessing.progress import progress

    with progress(enabled=not given["json"]) as watch:
        outcome = measure_once(submission, check_id, settings, settings_of(given), watch)
    print_outcome(outcome, as_json=bool(given["json"]))
