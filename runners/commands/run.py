"""``proofbox run``: assess a submission under one or more policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import rich_click as click

from proofbox.runners.commands.completing import complete_policies
from proofbox.runners.commands.options import (
    as_of_option,
    attestation_key_option,
    environment_option,
    executor_option,
    experiment_option,
    export_options,
    fetching_options,
    gate_options,
    json_option,
    lang_option,
    ledger_option,
    model_certificate_option,
    model_key_option,
    register_option,
    rows_option,
    seed_option,
    spread_options,
    tracking_uri_option,
    url_option,
    waiver_key_option,
    waivers_option,
)
from proofbox.runners.commands.settings import settings_of
from proofbox.runners.commands.signing_options import signing_options

if TYPE_CHECKING:
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.runners.assessing.settings import Settings


@click.command("run")
@click.argument("submission", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    "-p",
    "policies",
    multiple=True,
    required=True,
    shell_complete=complete_policies,
    help="A shipped policy's id ('proofbox policy list' shows all), or a path; repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the evidence bundle; must not exist yet.  [default: proofbox-out/PRODUCT-VERSION-TIME]",
)
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
@spread_options
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Plan first, and take sample sizes that fit into these; the evidence names the policy they make.",
)
@click.option("--no-mlflow", is_flag=True, help="Write the bundle only; without --ledger no attempt is counted.")
@ledger_option
@tracking_uri_option
@experiment_option
@register_option
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Folder of finished tasks: an interrupted run of the same assessment goes on from it; made if missing.",
)
@waivers_option
@waiver_key_option
@attestation_key_option
@gate_options
@export_options
@signing_options
@json_option
def command(submission: Path, policies: tuple[str, ...], out: Path | None, **given: object) -> None:
    """Assess SUBMISSION (a folder, its submission.yaml, or a .zip or .tar.gz of it).

    Exit code 0: conforms. 1: does not conform. 2: bad input. 3: undetermined. 4: no isolation. --fail-on and --baseline
    change which findings make it 1 or 3, and never a verdict.

    Example: proofbox run my-submission --policy vn-trusted-ai --out evidence
    """
    from proofbox.runners.assessing.attempting import ledger_path
    from proofbox.runners.evidence.bundles import DEFAULT_STORE
    from proofbox.runners.evidence.exporting import exports_of
    from proofbox.runners.run.gating import gating_of
    from proofbox.runners.run.main_job import Publishing, run_job
    from proofbox.runners.signed.signing import signer_of, stamper_of

    gating = gating_of(given)
    tracking_uri = None if given["no_mlflow"] else str(given["tracking_uri"] or DEFAULT_STORE)
    publishing = Publishing(
        out=out,
        tracking_uri=tracking_uri,
        ledger=ledger_path(cast("Path | None", given["ledger"]), tracking_uri),
        experiment=str(given["experiment"]) if given["experiment"] else None,
        register=bool(given["register"]),
        language=str(given["lang"]),
        as_json=bool(given["json"]),
        exports=exports_of(given),
        signer=signer_of(given),
        stamper=stamper_of(given),
    )
    settings = settings_of(given)
    chosen = _chosen(submission, policies, settings, {**given, "out": out})
    finished = run_job(submission, chosen, settings, publishing, gating)
    raise SystemExit(finished.exit_code)


def _chosen(
    submission: Path, policies: Sequence[str], settings: Settings, given: Mapping[str, object]
) -> Sequence[str | LoadedPolicy]:
    """Return the policies as they were named, or with the sample sizes that fit into the minutes."""
    minutes = cast("float | None", given["minutes"])
    if minutes is None:
        return policies
    from proofbox.reports.console import safe_terminal
    from proofbox.runners.assessing.progress import progress
    from proofbox.runners.errors import UsageError
    from proofbox.runners.planning.within import policies_within
    from proofbox.runners.run.main_job import check_out

    if given["resume"]:
        hint = "write the policy once, by 'proofbox plan --minutes --out', and run that"
        raise UsageError(f"--minutes with --resume: each start would plan anew; {hint}")
    check_out(cast("Path | None", given["out"]))

    def tell(line: str) -> None:
        click.echo(safe_terminal(line), err=True)

    with progress(enabled=not given["json"]) as watch:
        return policies_within(submission, policies, settings, minutes, watch=watch, tell=tell)
