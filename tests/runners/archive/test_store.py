"""`archive` over a tracking store: what a folder of the same bundles gives, whatever else the store holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fakestore import FakeStore, files_of, server

from proofbox.policies.record_json import from_json
from proofbox.reports.bundle import read_bundle, write_bundle
from proofbox.reports.tracking import fetching

RECORD = Path(__file__).resolve().parents[2] / "reports/records/model-a.json"
HOSTILE = "<script>alert(1)</script>\u202e\x1b[2J"


@dataclass
class Stored:
    """A store, and the folder of the bundles in it that are whole."""

    store: FakeStore
    uri: str
    folder: Path

    def bundle(self, name: str) -> tuple[dict[str, bytes], str]:
        return files_of(self.folder / name), read_bundle(self.folder / name).bundle.digest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three whole bundles of three months, and beside them one whose moment has no time zone: whole, and nonsense."""
    top = tmp_path_factory.mktemp("archive")
    recorded = from_json(json.loads(RECORD.read_text("utf-8")))
    moments = {f"whole/{name}": f"2026-{month}-01T08:00:00.000+00:00" for name, month in zip("abc", "789", strict=True)}
    moments = {name: moment.replace("2026-", "2026-0") for name, moment in moments.items()}
    for name, moment in {**moments, "nonsense": "2026-07-01T08:00:00"}.items():
        again = replace(recorded, run=replace(recorded.run, started_at=moment))
        write_bundle(top / name, again, policy_sources=[("p", b"x\n")], submission_yaml=b"x\n", languages=())
    return top


@pytest.fixture
def stored(folder: Path) -> Iterator[Stored]:
    store = FakeStore()
    with server(store) as uri:
        made = Stored(store=store, uri=uri, folder=folder / "whole")
        for name in "abc":
            store.add(*made.bundle(name))
        yield made


def counted(document: dict[str, object]) -> dict[str, object]:
    """Return what does not depend on how a bundle was named."""
    named = [{**one, "bundle": ""} for one in document["assessments"]]
    return {**document, "assessments": named}


def test_a_store_gives_what_a_folder_of_its_bundles_gives(stored: Stored, proofbox, quick, tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    result = proofbox(
        "archive", "--tracking-uri", stored.uri, "-p", "baseline", "--out", tmp_path / "out", "--json",
        env={"TMPDIR": str(scratch)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert [one["bundle"] for one in document["assessments"]] == [f"mlflow:{run_id}" for run_id in stored.store.runs]
    by_folder = quick("archive", stored.folder, "-p", "baseline", "--json")
    assert counted(document) == counted(json.loads(by_folder.stdout))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "archive.html", "archive.vi.html", "archive.parquet", "archive.jsonl",
    }  # fmt: skip
    assert list(scratch.iterdir()) == [], "a bundle was left behind"


def test_what_is_damaged_foreign_or_hostile_is_a_row_and_stops_nothing(
    stored: Stored, folder: Path, quick, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_FILES", 40)
    store, (files, digest) = stored.store, stored.bundle("a")
    nonsense = files_of(folder / "nonsense")
    bad = {
        store.add({**files, "submission.yaml": b"altered"}, digest): "tampered",
        store.add({"model.pkl": b"x"}, digest): "manifest.json cannot be read",
        store.add({}, HOSTILE): "manifest.json cannot be read",
        store.add(files, "0" * 64): "the run says that its bundle is 000",
        store.add({**files, "../../outside": b"x"}, digest): "expected at most 40 files below the run's folder",
        store.add({**files, f"{HOSTILE}.html": b"x"}, digest): "is not in the manifest",
        store.add(files, digest, sizes={"assessment.json": 10**12}): "got 1000000000000 bytes of the artifact",
        store.add({f"{number}": b"" for number in range(41)}, digest): "expected at most 40 files",
        store.add(nonsense, read_bundle(folder / "nonsense").bundle.digest): "its record cannot be judged",
    }
    store.runs[next(iter(bad))]["tags"][HOSTILE] = HOSTILE
    last = store.add(*stored.bundle("b"))
    out = tmp_path / "out"
    result = quick("archive", "--tracking-uri", stored.uri, "--out", out, "--json")
    assert result.returncode == 1, result.stderr
    document = json.loads(result.stdout)
    assert len(document["assessments"]) == 3
    assert [one["bundle"] for one in document["again"]] == [f"mlflow:{last}"], "a bundle counts once"
    why = {one["bundle"].removeprefix("mlflow:"): one["why"] for one in document["left_out"]}
    assert why.keys() == bad.keys()
    assert {run_id: said for run_id, said in bad.items() if said not in why[run_id]} == {}
    assert not (tmp_path / "outside").exists()
    for page in ("archive.html", "archive.vi.html"):
        assert HOSTILE[:8] not in (out / page).read_text("utf-8")
        assert "\u202e" not in (out / page).read_text("utf-8")
    told = quick("archive", "--tracking-uri", stored.uri).stdout
    assert told.count("Not whole, left out") == len(bad)
    assert "\x1b" not in told


def test_a_call_that_was_broken_off_goes_on_and_what_is_known_is_not_fetched(
    stored: Stored, quick, tmp_path: Path
) -> None:
    store, out = stored.store, tmp_path / "out"
    words = ("archive", "--tracking-uri", stored.uri, "--out", out, "-p", "baseline", "--on", "2026-11-01", "--json")
    whole = json.loads(quick(*words).stdout)
    journal = out / "archive.jsonl"
    lines = journal.read_text("utf-8").splitlines(keepends=True)
    journal.write_text("".join(lines[:3]) + lines[3][:50], encoding="utf-8")
    store.asked.clear()
    again = quick(*words, "--resume")
    assert json.loads(again.stdout) == whole, again.stderr
    assert {path.partition("/")[0] for path in store.asked} == {list(store.runs)[2]}
    store.asked.clear()
    assert json.loads(quick(*words, "--resume").stdout) == whole
    assert store.asked == []
    assert quick(*words[:-3], "--on", "2026-11-02", "--resume").returncode == 2
    assert quick("archive", stored.folder, "--resume").returncode == 2
    assert json.loads(quick(*words).stdout) == whole
    assert len({path.partition("/")[0] for path in store.asked}) == 3, "without --resume all are verified anew"
    assert len((out / "before-archive.jsonl").read_text("utf-8").splitlines()) >= 4


def test_a_store_that_goes_away_ends_it_and_says_so(stored: Stored, quick, monkeypatch, tmp_path: Path) -> None:
    from proofbox.reports.tracking import wire

    monkeypatch.setattr(wire, "PATIENCE", {**wire.PATIENCE, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"})
    original = wire.Wire.get_file

    def away(self, target, most_bytes):
        if len(stored.store.asked) > 10:
            raise wire.AwayStoreError("ConnectionRefusedError")
        return original(self, target, most_bytes)

    monkeypatch.setattr(wire.Wire, "get_file", away)
    result = quick("archive", "--tracking-uri", stored.uri.replace("//", "//me:secret@"), "--out", tmp_path / "out")
    assert result.returncode == 2
    assert "ConnectionRefusedError" in result.stderr
    assert "secret" not in result.stderr
    assert not (tmp_path / "out/archive.html").exists()


def test_one_experiment_alone_and_a_store_that_is_none(stored: Stored, quick, tmp_path: Path) -> None:
    words = ("archive", "--tracking-uri", stored.uri, "--json", "--experiment")
    assert len(json.loads(quick(*words, "here").stdout)["assessments"]) == 3
    missing = quick(*words, "nowhere")
    assert (missing.returncode, "no experiment of the name 'nowhere'" in missing.stderr) == (2, True)
    ignored = quick("archive", stored.folder, "--experiment", "here")
    assert (ignored.returncode, "expected 'mlflow:'" in ignored.stderr) == (2, True)
    assert quick("review", "list", stored.folder, "--experiment", "here").returncode == 2
    stored.store.runs.clear()
    assert quick("archive", "--tracking-uri", stored.uri).returncode == 2
    none = quick("archive", "--tracking-uri", f"sqlite:///{tmp_path}/none.db")
    assert (none.returncode, "no such file" in none.stderr) == (2, True)
    assert not (tmp_path / "none.db").exists()


def test_pages_without_end_and_ids_that_are_none_are_refused(stored: Stored, quick) -> None:
    elsewhere = {"info": {"run_id": "../x", "status": "FINISHED", "artifact_uri": "mlflow-artifacts:/1"}}
    none = "none of MLflow's"
    for spoiled, why in (
        ({"next_page_token": "0"}, "got a page twice"),
        ({"runs": [elsewhere]}, none),
        ({"runs": 5}, none),
        ({"runs": [None]}, none),
    ):

        def page(start: int, spoiled=spoiled):
            found = json.loads(FakeStore._page(stored.store, start)[2])
            return 200, {}, json.dumps({**found, **spoiled}).encode()

        stored.store._page = page
        result = quick("archive", "--tracking-uri", stored.uri)
        assert (result.returncode, why in result.stderr) == (2, True), result.stderr


def test_a_draft_is_tried_on_the_whole_store(stored: Stored, quick) -> None:
    result = quick(
        "policy", "whatif", "baseline", "mlflow:", stored.folder / "a", "--tracking-uri", stored.uri, "--json"
    )
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)["bundles"]
    assert [row["bundle"] for row in rows] == [
        *(f"mlflow:{one}" for one in stored.store.runs),
        str(stored.folder / "a"),
    ]


def test_a_reviewer_lists_the_whole_store(stored: Stored, quick, tmp_path: Path) -> None:
    foreign = stored.store.add({"model.pkl": b"x"}, "0" * 64)
    words = ("review", "list", "mlflow:", "--reviews", tmp_path / "none", "--tracking-uri", stored.uri)
    rows = {row["path"].removeprefix("mlflow:"): row for row in json.loads(quick(*words, "--json").stdout)}
    assert {run_id: row["state"] for run_id, row in rows.items()} == {
        **dict.fromkeys(stored.store.runs, "submitted"), foreign: "broken",
    }  # fmt: skip
    assert {row["bundle"] for row in rows.values()} - {""} == {stored.bundle(name)[1] for name in "abc"}
    assert len(json.loads(quick(*words, "--state", "broken", "--json").stdout)) == 1
    assert quick("review", "list", tmp_path / "none").returncode == 2


def test_artifacts_in_a_bucket_are_read_through_the_server(stored: Stored, quick) -> None:
    stored.store.root = "s3://bucket/1"
    result = quick("archive", "--tracking-uri", stored.uri, "--json")
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)["assessments"]) == 3
