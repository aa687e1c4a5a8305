"""The command ``proofbox``: finds the sub-command, runs it, and turns whatever ends it into a contract exit code."""

from __future__ import annotations

import importlib
import signal
import sys
from types import FrameType

import rich_click as click

COMMANDS = (
    "init",
    "submission",
    "run",
    "batch",
    "archive",
    "demo",
    "classify",
    "measure",
    "plan",
    "checks",
    "policy",
    "judge",
    "replay",
    "export",
    "diff",
    "attestations",
    "waivers",
    "deadlines",
    "keys",
    "sign",
    "verify",
    "ledger",
    "report",
    "review",
    "register",
    "release",
    "papers",
    "publish",
    "schema",
    "doctor",
    "completion",
)
"""Files under ``commands/``, in the order of a user's first day."""


class LazyGroup(click.RichGroup):
    """A group whose commands are imported when they are called, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a user's first day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command; its module is imported here."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"proofbox.runners.commands.{cmd_name}").command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="proofbox")
@click.option("--debug", is_flag=True, help="Show the traceback of a defect.")
@click.pass_context
def cli(ctx: click.Context, *, debug: bool) -> None:
    """Test AI models inside proven walls and judge them by policies written from the law.

    What it prints is pre-sandbox test evidence: not a licence, certificate or conformity decision.
    """
    ctx.obj = {"debug": debug}


def main() -> None:
    """Run the command line and exit with a code of the contract."""
    # A polite end must still take the temporary copy and the sandbox away.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as err:
        err.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing was written", err=True)
        code = 130
    except Exception as err:  # noqa: BLE001 - the last place where anything can be said to the user
        code = _failed(err)
    sys.exit(code if isinstance(code, int) else 0)


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
