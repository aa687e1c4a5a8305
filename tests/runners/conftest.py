"""The reader of data files without walls, in a thread: for tests of what is done with what it sends."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from proofbox.sandbox.host import reader
from proofbox.sandbox.host.channel import Channel
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.reading import DataFile, FileSpec


class _Inside:
    model, sites = "", ()

    def config(self):
        return {}


class _Thread:
    """What a data file uses of an executor and of a running sandbox."""

    over_limit = ""

    def __init__(self, path):
        self._path = path
        self.inside = _Inside()

    def launch(self, launch):
        self.wire, inner = socket.socketpair()
        threading.Thread(target=self._serve, args=(inner,), daemon=True).start()
        return self

    def _serve(self, inner):
        with inner, contextlib.suppress(OSError):
            channel = Channel(inner.fileno(), inner.fileno())
            reader.serve(channel, {**json.loads(channel.receive().body), "path": str(self._path)})

    def kill(self):
        self.wire.close()

    def count_denied(self, tally, deadline):
        pass

    def ended_within(self, seconds):
        return None

    poll = ended_within


@pytest.fixture(scope="session")
def open_here():
    def opened(spec: FileSpec) -> DataFile:
        return DataFile(_Thread(spec.path), spec, Limits())

    return opened


@pytest.fixture
def small_policy(tmp_path: Path, one_control: str) -> Path:
    """A policy of one control that asks the model, for tests that ask nothing of a policy."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(one_control.format(threshold=0.5), encoding="utf-8")
    return policy


VERSIONS_POLICY = """\
extends: [below/base.yaml]
controls:
  - id: TWO-01
    title: {en: Answers, vi: Câu trả lời}
    objective: {en: Nonsense is refused., vi: Từ chối dữ liệu vô nghĩa.}
    references: []
    requirements:
      - id: TWO-01.a
        level: should
        check: robustness.malformed_input
        criterion: {measure: malformed_failure_rate, at_most: 0, decision_rule: simple, origin: default}
        remediation: {en: Refuse it., vi: Hãy từ chối.}
  - id: TWO-02
    title: {en: Groups, vi: Nhóm}
    objective: {en: Groups fare alike., vi: Các nhóm được đối xử như nhau.}
    references: []
    requirements:
      - id: TWO-02.a
        level: must
        check: fairness.equal_opportunity
        with: {attribute: each-sensitive}
        criterion: {measure: equal_opportunity_ratio, at_least: 0.999, decision_rule: simple, origin: default}
        remediation: {en: Look at them., vi: Hãy xem xét.}
      - id: TWO-02.b
        level: should
        check: performance.classification
        criterion: {measure: roc_auc, at_least: 0.9, decision_rule: guarded, origin: default}
        remediation: {en: Rank better., vi: Xếp hạng tốt hơn.}
"""


@dataclass(frozen=True)
class Versions:
    """Two versions of one product and their bundles: the second model looks at debt hardly at all."""

    submissions: tuple[Path, Path]
    bundles: tuple[Path, Path]
    policy: Path


@pytest.fixture(scope="session")
def versions(model_template, command, one_control, tmp_path_factory) -> Versions:
    """Both assessed under one policy that extends another, with seed 3, once."""
    import joblib

    folder = tmp_path_factory.mktemp("versions")
    (folder / "below").mkdir()
    (folder / "below/base.yaml").write_text(one_control.format(threshold=0.8), encoding="utf-8")
    head = one_control.format(threshold=0.8).split("controls:")[0].replace("id: one-control", "id: mine")
    (folder / "mine.yaml").write_text(head + VERSIONS_POLICY, encoding="utf-8")
    second = Path(shutil.copytree(model_template, folder / "second"))
    model = joblib.load(second / "model/model.joblib")
    model.coef_ = model.coef_ * [1.0, 0.05]
    joblib.dump(model, second / "model/model.joblib")
    for source, name in ((model_template, "a"), (second, "b")):
        argv = [str(command), "run", str(source), "-p", "./mine.yaml", "--no-mlflow", "--seed", "3", "--out", name]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd=folder)
        assert done.returncode == 1, done.stderr
    return Versions(
        submissions=(model_template, second), bundles=(folder / "a", folder / "b"), policy=folder / "mine.yaml"
    )
