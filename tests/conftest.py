"""Fixtures that several rooms share: small real submissions, and the installed command."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .chromium import chromium

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SUBMISSION = """\
schema: proofbox/submission/v1
product:
  name: Small loan model
  version: 1.0.0
  provider: {name: Example Ltd, id: "0101234567", country: VN, contact: ai@example.vn}
  sector: credit
  risk_tier: high
  intended_purpose: Advice to a loan officer
model:
  path: model/model.joblib
  task: binary-classification
  features: [income, debt]
  output: probability
  positive_label: 1
data:
  evaluation:
    path: data/eval.csv
    target: approved
    sensitive: [sex]
  training: {path: data/train.csv, target: approved}
declared:
  performance: [{measure: accuracy, at_least: 0.6}]
"""


ONE_CONTROL = """\
schema: proofbox/policy/v1
id: one-control
version: "1"
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {{en: One control, vi: Một biện pháp}}
controls:
  - id: ONE-01
    title: {{en: Accuracy, vi: Độ chính xác}}
    objective: {{en: The model is right often enough., vi: Mô hình đúng đủ thường xuyên.}}
    references: []
    requirements:
      - id: ONE-01.a
        level: must
        check: performance.classification
        criterion: {{measure: accuracy, at_least: {threshold}, decision_rule: guarded, origin: default}}
        remediation: {{en: Train it better., vi: Huấn luyện tốt hơn.}}
"""


@pytest.fixture(scope="session")
def one_control() -> str:
    """A whole policy of one control on accuracy; ``{threshold}`` is to be filled in."""
    return ONE_CONTROL


@pytest.fixture(scope="session")
def open_chromium() -> Callable[..., AbstractContextManager[Chrome]]:
    """What starts a headless Chromium in a profile of its own (``chromium.py``)."""
    return chromium


@pytest.fixture(scope="session")
def command() -> Path:
    """The installed command of the environment that runs the tests."""
    return Path(sys.executable).with_name("proofbox")


@pytest.fixture
def proofbox(command: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed command in an empty folder and return what it printed."""

    def run(*args: object, env: dict[str, str] | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "cwd"
        folder.mkdir(exist_ok=True)
        environment = {**os.environ, "CI": "true", "NO_COLOR": "1", **(env or {})}
        argv = [str(command), *map(str, args)]
        return subprocess.run(
            argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


@pytest.fixture
def quick(capsys, monkeypatch, tmp_path):
    """Run a command in this process: for the many cases of a command whose installed form a test has run already."""
    from proofbox.runners import cli

    monkeypatch.setattr(signal, "signal", lambda *_given: None)
    # What suits a command's own process and would outlive it here.
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(gc, "set_threshold", lambda *_given: None)

    def run(*args, env=None):
        folder = tmp_path / "cwd"
        folder.mkdir(exist_ok=True)
        argv = ["proofbox", *map(str, args)]
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "argv", argv)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        gc.unfreeze()  # the command leaves all that lives unsearched, since it ends; this process goes on
        said = capsys.readouterr()
        return subprocess.CompletedProcess(argv, ended.value.code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def model_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission of 400 rows with a fair, honest logistic regression, made once."""
    import joblib
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(7)
    folder = tmp_path_factory.mktemp("template") / "submission"
    for name in ("model", "data"):
        (folder / name).mkdir(parents=True)
    frames = {}
    for name, rows in (("train", 600), ("eval", 400)):
        income, debt = rng.normal(size=rows), rng.normal(size=rows)
        approved = (income - debt + rng.normal(scale=0.3, size=rows) > 0).astype(int)
        sex = np.where(np.arange(rows) % 2 == 0, "male", "female")
        frames[name] = pd.DataFrame({"income": income, "debt": debt, "sex": sex, "approved": approved})
        frames[name].to_csv(folder / f"data/{name}.csv", index=False)
    model = LogisticRegression().fit(frames["train"][["income", "debt"]], frames["train"]["approved"])
    joblib.dump(model, folder / "model/model.joblib")
    (folder / "submission.yaml").write_text(SUBMISSION, encoding="utf-8")
    return folder


@pytest.fixture
def submission(model_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the small submission that a test may spoil."""
    return Path(shutil.copytree(model_template, tmp_path / "submission"))
