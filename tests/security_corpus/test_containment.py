"""Every attack of the corpus is really run behind the walls of each executor; that it was held is seen from outside."""

from __future__ import annotations

import importlib

import pytest

from proofbox.sandbox.executor import choose


@pytest.fixture(scope="session", params=["bubblewrap", "landlock"])
def executor(request):
    chosen = choose(request.param)
    assert chosen.name == request.param
    return chosen


@pytest.fixture(scope="session")
def runner(everything):
    return importlib.import_module("artefact_corpus.runner")


def test_every_attack_is_contained_when_it_is_run(executor, runner, malicious, outside, tmp_path):
    secret = outside / "secret"
    secret.write_text("unchanged")
    before = secret.stat()

    found = list(runner.runs(malicious, executor, tmp_path / "model.pkl"))
    assert {run.case.name for run in found} == {case.name for case in malicious}
    assert len(found) == len(malicious)
    assert sorted(entry.name for entry in outside.iterdir()) == ["secret"], "a payload got out"
    assert secret.read_text() == "unchanged"
    assert secret.stat().st_mtime_ns == before.st_mtime_ns
    live = [run for run in found if run.ran]
    assert len(live) >= 30, "payloads that count themselves were really run, and could write nothing"
    ended = {run.case.name: run.ended for run in found if run.ended}
    assert {"calls os._exit", "calls ctypes.string_at", "a loop that never ends"} <= set(ended)
    assert len(ended) <= 0.1 * len(malicious), ended
