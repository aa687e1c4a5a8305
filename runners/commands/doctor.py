"""``proofbox doctor``: what this machine can isolate with, proven by doing."""

from __future__ import annotations

import json

import rich_click as click

from proofbox.runners.commands.options import executor_option, json_option


@click.command("doctor")
@executor_option
@click.option(
    "--job-template", is_flag=True, help="Print a Kubernetes Job that assesses one submission, and do no more."
)
@json_option
def command(executor: str, *, job_template: bool, **given: object) -> None:
    """Prove the walls on this machine and say what to do where they do not stand.

    Exit code 0: a model can be isolated here. 4: it cannot.
    """
    from proofbox.runners.hosted.checkup import check_up, checkup_lines, kubernetes_job

    if job_template:
        print(kubernetes_job(), end="")
        return
    checkup = check_up(executor)
    if given["json"]:
        print(json.dumps(checkup.to_json(), ensure_ascii=False))
    else:
        for line in checkup_lines(checkup):
            print(line)
    raise SystemExit(0 if checkup.isolates else 4)
