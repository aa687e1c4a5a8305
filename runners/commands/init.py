"""``proofbox init``: write a submission from a model file and a data file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import rich_click as click

from proofbox.runners.commands.options import executor_option, json_option

if TYPE_CHECKING:
    from proofbox.checks.tasks import Task
    from proofbox.runners.starting.init import Start, Started

TASKS = ("binary-classification", "multiclass-classification", "regression")


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--model", type=click.Path(path_type=Path), help="Model file or folder; copied into DIR.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Evaluation data with the true answers, a file or a folder of Parquet parts; copied into DIR.",
)
@click.option("--training", type=click.Path(path_type=Path), help="Training data, for the search for leaks.")
@click.option("--target", help="Column of the true answers.  [default: guessed]")
@click.option("--sensitive", help="Sensitive columns, with commas.  [default: guessed by their names]")
@click.option("--features", help="Columns that the model reads, in order, with commas.  [default: asked of the model]")
@click.option("--task", type=click.Choice(TASKS), help="What the model does.  [default: guessed]")
@click.option("--name", help="Name of the product.  [default: that of DIR]")
@click.option("--ask/--no-ask", default=None, help="Ask about the guesses.  [default: in a terminal]")
@executor_option
@json_option
def command(folder: Path, executor: str, *, ask: bool | None, **given: object) -> None:
    """Write a commented submission.yaml into DIR, guessing what can be guessed; nothing is overwritten.

    Without --model and --data both are looked for in DIR. The model is loaded behind the walls alone.

    Exit code 0: 'proofbox run' takes it. 2: nothing was written, or what is told must be corrected first.

    Example: proofbox init my-submission --model model.pkl --data eval.csv
    """
    from proofbox.runners.hosted.walls import Walls
    from proofbox.runners.starting.asking import AT_TERMINAL
    from proofbox.runners.starting.init import start
    from proofbox.sandbox.limits import Limits

    asks = sys.stdin.isatty() and sys.stderr.isatty() and not given["json"] if ask is None else ask
    walls = Walls(executor, Limits())
    wanted = _wanted(folder, given)
    started = start(wanted, walls, AT_TERMINAL) if asks else start(wanted, walls)
    if given["json"]:
        print(json.dumps(_as_json(started), ensure_ascii=False))
    else:
        _say(started)
    raise SystemExit(2 if started.problems else 0)


def _wanted(folder: Path, given: dict[str, object]) -> Start:
    from proofbox.runners.starting.guessing import Given
    from proofbox.runners.starting.init import Start
    from proofbox.runners.starting.writing import Product

    return Start(
        folder=folder,
        model=cast("Path | None", given["model"]),
        data=cast("Path | None", given["data"]),
        training=cast("Path | None", given["training"]),
        given=Given(
            target=cast("str | None", given["target"]),
            sensitive=_names(given["sensitive"]),
            features=_names(given["features"]),
            task=cast("Task | None", given["task"]),
        ),
        product=Product(name=str(given["name"] or folder.resolve().name)),
    )


def _names(text: object) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in str(text).split(",") if part.strip())


def _say(started: Started) -> None:
    from proofbox.reports.console import safe_terminal

    guess = started.guess
    where = started.folder / "submission.yaml"
    lines = [
        f"wrote {where}",
        f"  model: {started.files.model} ({started.files.model_format}), {guess.task}, output {guess.output}",
        f"  target: {guess.target} ({guess.why['target']})",
        f"  features: {', '.join(guess.features[:12])}{', ...' if len(guess.features) > 12 else ''}"
        f" ({guess.why['features']})",
        f"  sensitive: {', '.join(guess.sensitive) or 'none found by name: add them, or fairness is not looked at'}",
        *(f"  look at: {doubt}" for doubt in started.doubts),
        *(f"  to correct: {problem}" for problem in started.problems),
        f"next: look at what says 'guessed', then: proofbox run {started.folder} --policy baseline",
    ]
    for line in lines:
        print(safe_terminal(line))


def _as_json(started: Started) -> dict[str, object]:
    guess = started.guess
    return {
        "submission": str(started.folder / "submission.yaml"),
        "model": {"path": started.files.model, "format": started.files.model_format},
        "task": guess.task,
        "output": guess.output,
        "target": guess.target,
        "features": list(guess.features),
        "sensitive": list(guess.sensitive),
        "id": list(guess.ids),
        "why": dict(guess.why),
        "look_at": list(started.doubts),
        "to_correct": list(started.problems),
    }
