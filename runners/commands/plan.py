"""``proofbox plan``: what an assessment would run and take, and what it could not conclude."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.completing import complete_policies
from proofbox.runners.commands.options import (
    as_of_option,
    environment_option,
    executor_option,
    fetching_options,
    json_option,
    rows_option,
    seed_option,
    url_option,
)
from proofbox.runners.commands.settings import settings_of


@click.command("plan")
@click.argument("submission", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    "-p",
    "policies",
    multiple=True,
    required=True,
    shell_complete=complete_policies,
    help="A shipped policy's id, or a path.",
)
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Choose sample sizes that fit into these.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the policy with the chosen sizes, for 'run --policy'."
)
@seed_option
@executor_option
@environment_option
@url_option
@fetching_options
@rows_option
@as_of_option
@json_option
def command(submission: Path, policies: tuple[str, ...], out: Path | None, **given: object) -> None:
    """Say what an assessment of SUBMISSION would run, ask and take, and what it could not conclude.

    The model is asked for about three seconds, behind the walls; the checks are then rehearsed with a plain model of
    ours in its place, so that nothing is said of how the assessment would come out.

    Example: proofbox plan my-submission --policy vn-trusted-ai --minutes 10 --out quick.yaml
    """
    from proofbox.policies.loader import load_policy
    from proofbox.reports.console import safe_terminal
    from proofbox.runners.assessing.progress import progress
    from proofbox.runners.errors import UsageError
    from proofbox.runners.planning.planned import plan_submission
    from proofbox.runners.planning.telling import plan_json, plan_lines

    loaded = [load_policy(name) for name in dict.fromkeys(policies)]
    minutes = cast("float | None", given["minutes"])
    if out is not None and (minutes is None or len(loaded) != 1):
        raise UsageError("--out: expected --minutes and one --policy, whose sample sizes are then written")
    if out is not None and out.exists():
        raise UsageError(f"--out {out}: exists already and is not overwritten; name another file")
    with progress(enabled=not given["json"]) as watch:
        planned = plan_submission(submission, loaded, settings_of(given), minutes, watch)
    if out is not None:
        chosen = planned.fitted or planned.usual
        out.write_bytes(chosen.policies[0].sources[0].raw)
    if given["json"]:
        print(json.dumps(plan_json(planned), ensure_ascii=False))
        return
    for line in plan_lines(planned):
        print(safe_terminal(line))
    if out is not None:
        print(safe_terminal(f"wrote {out}: proofbox run {submission} --policy {out}"))
