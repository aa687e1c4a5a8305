"""MLflow's own page in a real browser: the run is there and the report artifact is rendered in its viewer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from proofbox.reports.signing.keyfiles import generate

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def browser(open_chromium: Callable[..., AbstractContextManager[Chrome]], tmp_path: Path) -> Iterator[Chrome]:
    """A headless Chromium that can reach the loopback and nothing else."""
    with open_chromium(tmp_path / "profile", "--window-size=1280,1600", reached="127.0.0.1") as driver:
        yield driver


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A real `mlflow server` on a free loopback port; yields its address and the store it serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    argv = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--workers", "1"]
    argv += ["--host", "127.0.0.1", "--port", str(port)]
    environment = {
        **os.environ,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    log = (tmp_path / "server.log").open("wb")
    process = subprocess.Popen(argv, stdout=log, stderr=log, env=environment, cwd=tmp_path)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, tmp_path / "server.log")
        yield address, store
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(180):
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])


@pytest.mark.slow
@pytest.mark.browser
def test_a_regulator_sees_the_report_in_mlflow(
    submission: Path, proofbox: Command, server: tuple[str, str], browser: Chrome, tmp_path: Path
) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.expected_conditions import frame_to_be_available_and_switch_to_it, title_contains
    from selenium.webdriver.support.ui import WebDriverWait

    address, store = server
    args = (
        "--policy",
        "baseline",
        "--tracking-uri",
        store,
        "--experiment",
        "looked-at",
        "--out",
        tmp_path / "evidence",
    )
    result = proofbox("run", submission, *args)
    assert result.returncode in (0, 1, 3), result.stderr
    run_id, experiment_id = _run_of(store, "looked-at")
    _decide(proofbox, address, tmp_path)
    page = f"{address}/?workflowType=machine_learning#/experiments/{experiment_id}/runs/{run_id}"
    browser.get(page)
    WebDriverWait(browser, 60).until(lambda d: "proofbox.conclusion" in d.page_source)
    WebDriverWait(browser, 60).until(lambda d: "under-review" in d.page_source)
    browser.get(f"{page}/artifacts/report.html")
    wait = WebDriverWait(browser, 60)
    wait.until(frame_to_be_available_and_switch_to_it((By.CSS_SELECTOR, "iframe")))
    heading = wait.until(lambda d: d.find_element(By.TAG_NAME, "h1").text)
    assert heading
    assert "Small loan model" in browser.find_element(By.TAG_NAME, "body").text
    browser.switch_to.default_content()
    assert title_contains("MLflow")(browser)
    shot = tmp_path / "mlflow.png"
    assert browser.save_screenshot(str(shot))
    if folder := os.environ.get("PROOFBOX_SCREENSHOTS"):
        Path(folder, "mlflow.png").write_bytes(shot.read_bytes())


def _decide(proofbox: Command, address: str, folder: Path) -> None:
    """Decide on the bundle as a regulator who has the server's address, over plain HTTP."""
    generate(folder, "reviewer", "ed25519", b"phrase")
    argv = ("--state", "under-review", "--reason", "it is whole", "--reviewer", "Nguyễn Văn A", "--mlflow")
    store = ("--tracking-uri", address, "--experiment", "looked-at")
    key = ("--key", folder / "reviewer.key", "--key-passphrase-env", "PHRASE")
    result = proofbox("review", "decide", folder / "evidence", *argv, *store, *key, env={"PHRASE": "phrase"})
    assert result.returncode == 0, result.stderr


def _run_of(store: str, experiment: str) -> tuple[str, str]:
    """Read the parent run from the store without importing MLflow into the test process."""
    import sqlite3

    with sqlite3.connect(store.removeprefix("sqlite:///")) as database:
        rows = database.execute(
            "select r.run_uuid, r.experiment_id from runs r join experiments e using (experiment_id) "
            "where e.name = ? and not exists "
            "(select 1 from tags t where t.run_uuid = r.run_uuid and t.key = 'mlflow.parentRunId')",
            (experiment,),
        ).fetchall()
    assert len(rows) == 1
    return rows[0][0], str(rows[0][1])
