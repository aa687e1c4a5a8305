"""Fakes of ten lines: a model that is a function, data that are a dict, and a way to run a check by its id."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from decided import build_decisions

from proofbox.checks.result import Inapplicable, Measured, Measurement, Result
from proofbox.checks.subject import Dataset, Decisions, Subject
from proofbox.runners.conformance.fakes import FakeModel, FakeTimed, build_data, build_log, build_subject, run_check
from proofbox.runners.conformance.fakes import in_batches as batched


def by_measure(result: Result) -> dict[str, Measurement]:
    assert isinstance(result, Measured), result
    return {found.measure: found for found in result.measurements}


def reason(result: Result) -> str:
    assert isinstance(result, Inapplicable), result
    return str(result.reason)


@pytest.fixture
def data() -> Callable[..., Dataset]:
    return build_data


@pytest.fixture
def in_batches() -> Callable[..., Dataset]:
    return batched


@pytest.fixture
def decisions() -> Callable[..., Decisions]:
    return build_decisions


@pytest.fixture
def model() -> type[FakeModel]:
    return FakeModel


@pytest.fixture
def timed() -> type[FakeTimed]:
    return FakeTimed


@pytest.fixture
def run() -> Callable[..., Result]:
    return run_check


@pytest.fixture
def measures() -> Callable[..., dict[str, Measurement]]:
    """Run a check and return its measurements by name."""
    return lambda *given, **named: by_measure(run_check(*given, **named))


@pytest.fixture
def why() -> Callable[..., str]:
    """Run a check and return why it is inapplicable."""
    return lambda *given, **named: reason(run_check(*given, **named))


@pytest.fixture
def chained() -> Callable[..., bytes]:
    """Return the bytes of an operation log: each event is a name, or a name with what else its line says."""
    return build_log


@pytest.fixture
def subject(tmp_path: Path) -> Callable[..., Subject]:
    """Write files below a folder and return the subject made of them."""

    return partial(build_subject, tmp_path)
