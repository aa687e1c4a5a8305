"""``proofbox completion``: the script by which a shell completes commands, options, policies and checks."""

from __future__ import annotations

import rich_click as click

SHELLS = {
    "bash": 'add to ~/.bashrc: eval "$(proofbox completion bash)"',
    "zsh": 'add to ~/.zshrc: eval "$(proofbox completion zsh)"',
    "fish": "run: proofbox completion fish > ~/.config/fish/completions/proofbox.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(tuple(SHELLS)))
def command(shell: str) -> None:
    """Print the completion script of SHELL: add 'eval "$(proofbox completion bash)"' to ~/.bashrc."""
    from click.shell_completion import get_completion_class

    from proofbox.runners.cli import cli

    found = get_completion_class(shell)
    assert found is not None
    print(f"# {SHELLS[shell]}")
    print(_source(found, cli, shell))


def _source(found: type, cli: click.Command, shell: str) -> str:
    complete = found(cli, {}, "proofbox", "_PROOFBOX_COMPLETE")
    # Not complete.source(): for bash that starts bash to ask for its version, which only warns.
    return str(complete.source_template % complete.source_vars())
