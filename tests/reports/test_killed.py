"""Power goes off at fifty moments: there is no bundle or a whole one, and `publish` makes the store right again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofbox.reports.bundle import read_bundle
from proofbox.reports.mlflow_log import ClientStore
from proofbox.reports.tracking.door import log_assessment

HERE = Path(__file__).parent
MOMENTS = 50


@pytest.mark.slow
def test_killed_at_fifty_moments(tmp_path):
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = ClientStore(store)._client
    client.create_experiment("killed", artifact_location=(tmp_path / "mlartifacts").as_uri())
    shutil.copy(tmp_path / "mlflow.db", tmp_path / "warm.db")
    argv = [sys.executable, str(HERE / "killed_writer.py"), str(tmp_path), str(MOMENTS), "8"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    killed = json.loads(done.stdout)
    assert len(killed) == MOMENTS
    written = [number for number in range(MOMENTS) if (tmp_path / f"bundle-{number}").exists()]
    ended_early = [number for number, was_killed in enumerate(killed) if was_killed]
    # Before and after the bundle was there: the moments lie in both halves.
    assert set(ended_early) - set(written)
    assert set(ended_early) & set(written)
    contents = [read_bundle(tmp_path / f"bundle-{number}") for number in written]
    for content in contents:
        log_assessment(content.assessment, content.bundle, tracking_uri=store, experiment="killed")
    _is_consistent(
        client, {content.bundle.digest for content in contents} | {read_bundle(tmp_path / "undisturbed").bundle.digest}
    )


def _is_consistent(client, digests: set[str]) -> None:
    """One finished run for each bundle with one child for each control and the whole bundle, and nothing else."""
    found = client.search_runs([client.get_experiment_by_name("killed").experiment_id], max_results=5000)
    assert {run.info.status for run in found} == {"FINISHED"}
    parents = {run.info.run_id: run for run in found if "mlflow.parentRunId" not in run.data.tags}
    assert sorted(run.data.tags["proofbox.bundle"] for run in parents.values()) == sorted(digests)
    children: dict[str, list[str]] = {run_id: [] for run_id in parents}
    for run in found:
        if run.info.run_id not in parents:
            children[run.data.tags["mlflow.parentRunId"]].append(run.data.tags["proofbox.control"])
    for run_id, controls in children.items():
        assert len(controls) == len(set(controls)) == 6
        assert len(parents[run_id].data.metrics) > 10
        artifacts = Path(parents[run_id].info.artifact_uri.removeprefix("file://"))
        for index in ("measurements.json", "findings.json"):
            json.loads((artifacts / index).read_bytes())
            (artifacts / index).unlink()
        assert read_bundle(artifacts).bundle.digest == parents[run_id].data.tags["proofbox.bundle"]
