"""A BUNDLE is a folder, its .zip or a run's artifacts; whichever way it comes, it is compared with its manifest."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from proofbox.policies.record_json import from_json
from proofbox.reports.bundle import read_bundle, write_bundle
from proofbox.reports.errors import NotABundleError, PublishError, TamperedBundleError
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import bundle_folder, store_of_the_environment
from proofbox.runners.exit_codes import exit_code_of

Command = Callable[..., "subprocess.CompletedProcess[str]"]
RECORD = Path(__file__).parents[2] / "reports" / "records" / "model-a.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the recorded assessment of model A."""
    assessment = from_json(json.loads(RECORD.read_bytes()))
    sources = [("vn-trusted-ai", b"id: vn-trusted-ai\n")]
    out = tmp_path_factory.mktemp("made") / "bundle"
    return write_bundle(out, assessment, policy_sources=sources, submission_yaml=b"x: 1\n").path


@pytest.fixture
def packed(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.make_archive(str(tmp_path / "bundle"), "zip", made.parent, "bundle"))


def test_a_folder_is_handed_on_as_it_is(made: Path) -> None:
    with bundle_folder(made) as folder:
        assert folder == made
    with bundle_folder(made / "nowhere") as folder, pytest.raises(NotABundleError):
        read_bundle(folder)


@pytest.mark.parametrize("top", ["", "bundle/"])
def test_an_archive_is_laid_out_for_as_long_as_it_is_read(made: Path, tmp_path: Path, top: str) -> None:
    packed = tmp_path / "packed.ZIP"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(made.rglob("*")):
            if path.is_file():
                archive.write(path, top + path.relative_to(made).as_posix())
    with bundle_folder(packed) as folder:
        assert read_bundle(folder).bundle.digest == read_bundle(made).bundle.digest
    assert not folder.exists()


def test_an_archive_with_a_way_out_a_link_or_a_false_sum_is_no_bundle(made: Path, packed: Path, tmp_path: Path) -> None:
    upward, linked = tmp_path / "upward.zip", tmp_path / "linked.zip"
    for path, name, mode in ((upward, "../outside.txt", stat.S_IFREG), (linked, "report.html", stat.S_IFLNK)):
        entry = zipfile.ZipInfo(name)
        entry.create_system, entry.external_attr = 3, (mode | 0o644) << 16
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.json", (made / "manifest.json").read_bytes())
            archive.writestr(entry, "/etc/passwd")
    raw = bytearray(packed.read_bytes())
    raw[len(raw) // 3] ^= 1
    packed.write_bytes(raw)
    text = tmp_path / "text.zip"
    text.write_text("no archive at all")
    for path in (upward, linked, packed, text):
        with pytest.raises(NotABundleError, match=path.name), bundle_folder(path):
            pytest.fail("it was laid out")
    assert not (tmp_path / "outside.txt").exists()


def test_what_is_wrong_is_said_of_the_name_that_was_given(made: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(made, tmp_path / "copy"))
    (copy / "report.html").write_text("another")
    packed = shutil.make_archive(str(tmp_path / "altered"), "zip", copy)
    with pytest.raises(TamperedBundleError) as caught, bundle_folder(packed) as folder:
        read_bundle(folder)
    assert str(caught.value) == f"{packed}: tampered: report.html is not the report that was written with this record"


def test_an_archive_is_judged_and_tabulated_like_its_folder(made: Path, packed: Path, quick: Command) -> None:
    judged = quick("judge", packed, "-p", "baseline", "--json")
    assert judged.stdout == quick("judge", made, "-p", "baseline", "--json").stdout
    assert judged.stdout, judged.stderr
    found = json.loads(quick("policy", "whatif", "baseline", packed, "--json").stdout)
    assert [row["bundle"] for row in found["bundles"]] == [str(packed)]


def test_what_names_no_run_is_bad_input(monkeypatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert store_of_the_environment() == "sqlite:///mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert store_of_the_environment() == "http://127.0.0.1:9"
    with pytest.raises(UsageError, match="32 hex digits"), bundle_folder("mlflow:../../etc"):
        pytest.fail("it was opened")
    assert exit_code_of(PublishError("away")) == 2
