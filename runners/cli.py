"""The command ``proofbox``: finds the sub-command, runs it, and turns whatever ends it into a contract exit code."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType

import rich_click as click

COMMANDS: Mapping[str, str] = {
    "init": "Write a commented submission.yaml into DIR, guessing what can be guessed; nothing is overwritten.",
    "submission": "Look for mistakes in a submission before anything is measured.",
    "run": "Assess SUBMISSION (a folder, its submission.yaml, or a .zip or .tar.gz of it).",
    "batch": "Assess every submission in FOLDER, or of a LIST of paths, each in a process of its own.",
    "archive": (
        "Verify every bundle in BUNDLES, judge all of them, and say which controls fail, where, when, and how often."
    ),
    "demo": "Assess two models trained on 1,989 real mortgage applications, and say where the reports are.",
    "classify": (
        "Hold the declared risk tier and trial level of SUBMISSION against its own answers (docs/submission.md)."
    ),
    "measure": "Measure one thing on SUBMISSION and print it; nothing is judged, nothing is stored.",
    "plan": "Say what an assessment of SUBMISSION would run, ask and take, and what it could not conclude.",
    "checks": "List the checks, show one, or test those of others.",
    "policy": "List, show, lint, test and compare policies.",
    "judge": (
        "Judge the measurements recorded in BUNDLE under other policies; the model is not run and BUNDLE "
        "is not changed."
    ),
    "replay": "Measure again what BUNDLE records of SUBMISSION, with its seed, policies and days, and compare.",
    "export": "Write the assessment of BUNDLE (a folder, its .zip, or mlflow:RUN_ID) as JUnit, SARIF, OSCAL and so on.",
    "diff": "Say what changed from BUNDLE_A to BUNDLE_B: verdicts, measures, and what bears on a significant change.",
    "attestations": "Write a sheet for those who attest, and read it back (docs/attestations.md).",
    "waivers": "Work on a file of waivers (docs/waivers.md).",
    "deadlines": "Compute when something is due, with the clause it comes from (docs/deadlines.md). Not legal advice.",
    "keys": "Make and show keys (docs/signing.md). There is no default key: who signs says so with --key.",
    "sign": (
        "Sign BUNDLE (a folder that 'run' wrote without --key); nothing in it changes but two files that are added."
    ),
    "verify": "Check that BUNDLE is whole, and signed by whom you expect.",
    "ledger": (
        "Show and verify the log of attempts, and put its head under a checkpoint or a signature (docs/ledger.md)."
    ),
    "report": "Write the report of BUNDLE as tagged PDF (PDF/UA-1), with the numbers of its report.html.",
    "review": "List, show and take decisions on submitted bundles (docs/review.md).",
    "register": "Publish the list of approved products (docs/register.md).",
    "release": "Hold a product against the decision that was taken on it (docs/review.md).",
    "papers": "Draft dossiers, reports and sheets from an evidence bundle (docs/papers.md).",
    "publish": "Log BUNDLE (a folder, its .zip, or mlflow:RUN_ID) to MLflow: once, however often this is called.",
    "schema": "Print the JSON Schema of NAME.",
    "doctor": "Prove the walls on this machine and say what to do where they do not stand.",
    "completion": "Print the completion script of SHELL: add 'eval \"$(proofbox completion bash)\"' to ~/.bashrc.",
}
"""Files under ``commands/``, in the order of a user's first day, each with the first paragraph of its help: ``--help``
need not import all of them to list them."""


class LazyGroup(click.RichGroup):
    """A group whose commands are imported when they are called, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a user's first day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return what a list says of one command; nothing is imported."""
        said = COMMANDS.get(cmd_name)
        return None if said is None else click.Command(cmd_name, help=said)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that was called; its module is imported here."""
        if args and args[0] in COMMANDS:
            command: click.Command = importlib.import_module(f"proofbox.runners.commands.{args[0]}").command
            return args[0], command, args[1:]
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="proofbox")
@click.option("--debug", is_flag=True, help="Show the traceback of a defect.")
@click.pass_context
def cli(ctx: click.Context, *, debug: bool) -> None:
    """Test AI models inside proven walls and judge them by policies written from the law.

    What it prints is pre-sandbox test evidence: not a licence, certificate or conformity decision.

    Begin with 'proofbox demo', or with 'proofbox init my-submission --model MODEL --data DATA'.
    """
    ctx.obj = {"debug": debug}


def main() -> None:
    """Run the command line and exit with a code of the contract."""
    _start_quickly()
    # A polite end must still take the temporary copy and the sandbox away.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as err:
        err.show()
        if isinstance(err, click.MissingParameter) and err.param is not None and err.param.name == "policies":
            click.echo("'proofbox policy list' shows what is shipped; 'baseline' is neutral, no law is in it", err=True)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing was written", err=True)
        code = 130
    except Exception as err:  # noqa: BLE001 - the last place where anything can be said to the user
        code = _failed(err)
    sys.exit(code if isinstance(code, int) else 0)


def _start_quickly() -> None:
    # Nearly all that is made while modules are imported stays: fewer searches for what does not.
    gc.set_threshold(50_000, 20, 20)
    # What lives at the end goes with the process: searching it for circles once more takes as long as importing click.
    atexit.register(gc.freeze)
    # Nobody's plug-in of pydantic comes between a file and its judgement, nor is every distribution asked for one.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _failed(err: Exception) -> int:
    from proofbox.runners.exit_codes import ExitCode, exit_code_of

    code = exit_code_of(err)
    if code is not ExitCode.DEFECT:
        click.echo(f"{_safe(str(err))}", err=True)
        return code
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exc()
    kind = type(err).__name__
    click.echo(f"a defect of Proofbox: {kind}: {_safe(str(err))[:300]} ('proofbox --debug ...' shows where)", err=True)
    return code


def _safe(text: str) -> str:
    """Return text that cannot steer a terminal: names in messages come from strangers."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)


def _terminated(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
