"""The corpus of benchmarks/artefact_corpus, made once for all tests of this folder."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="session")
def everything():
    """Return the module that makes the corpus."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("artefact_corpus.everything")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="session")
def outside(tmp_path_factory):
    """Return a folder that no artefact may touch."""
    folder = tmp_path_factory.mktemp("outside")
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="session")
def malicious(everything, outside):
    """Return every attack; what they try is to write a file into ``outside``."""
    return everything.malicious(str(outside / "canary"))


@pytest.fixture(scope="session")
def honest(everything):
    """Return every honest artefact."""
    return everything.honest()
