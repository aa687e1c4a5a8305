"""``proofbox demo``: the main job on real data and real models."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import executor_option, lang_option


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("proofbox-demo"),
    show_default=True,
    help="Folder for submissions, evidence and the MLflow store; a second run adds to it.",
)
@lang_option
@executor_option
def command(out: Path, lang: str, executor: str) -> None:
    """Assess two models trained on 1,989 real mortgage applications, and say where the reports are.

    Exit code 0: both assessments came out as documented (docs/demo.md). 1: they did not.
    """
    from proofbox.runners.demo.job import run_demo

    raise SystemExit(run_demo(out, language=lang, executor=executor))
