"""Many histories: what is not whole is named, and a thousand are read quickly."""

from __future__ import annotations

import base64
import contextlib
import os
import threading
import time

import pytest

from proofbox.reports.canonical import canonical_bytes, sha256_hex
from proofbox.reports.errors import BundleExistsError
from proofbox.reports.register.export import write_register
from proofbox.reports.review.errors import BrokenHistoryError
from proofbox.reports.review.history import read_decision
from proofbox.reports.review.listing import list_bundles

from .conftest import OTHER, TRUSTED


def test_a_history_that_is_not_whole_is_left_out_by_name(reviews, tmp_path):
    (reviews / OTHER / "0001.dsse.json").unlink()
    written = write_register(tmp_path / "out", reviews, TRUSTED, "2026-12-01")
    assert written.counts() == {"approved": 0, "expired": 0, "revoked": 1}
    assert OTHER in written.left_out[0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "register.html",
        "register.json",
        "register.vi.html",
    ]
    with pytest.raises(BundleExistsError):
        write_register(tmp_path / "out", reviews, TRUSTED, "2026-12-01")


def test_a_decision_that_is_no_file_of_ours_is_told(tmp_path):
    for raw in (b"", b"{}", b"[]", base64.b64encode(b"x")):
        (tmp_path / "d").write_bytes(raw)
        with pytest.raises(BrokenHistoryError, match="no DSSE envelope"):
            read_decision(tmp_path / "d")
    with pytest.raises(BrokenHistoryError, match="cannot be read"):
        read_decision(tmp_path / "none")


def _small_bundle(folder, number):
    """What a list reads of a bundle, and no more."""
    folder.mkdir(parents=True)
    supplier = {"name": "Example Ltd"}
    bom = canonical_bytes({"metadata": {"component": {"name": "M", "version": str(number), "supplier": supplier}}})
    manifest = canonical_bytes({"files": [{"path": "bom.cdx.json", "sha256": sha256_hex(bom), "size": len(bom)}]})
    said = {"conclusion": "conforms", "manifest": {"sha256": sha256_hex(manifest)}}
    for name, raw in (
        ("bom.cdx.json", bom),
        ("manifest.json", manifest),
        ("statement.json", canonical_bytes({"predicate": said})),
    ):
        (folder / name).write_bytes(raw)
    return sha256_hex(manifest)


def test_a_thousand_are_listed_in_less_than_a_second(reviews, tmp_path):
    decided = (reviews / OTHER / "0002.dsse.json").read_bytes()
    for number in range(1000):
        digest = _small_bundle(tmp_path / "out" / f"b{number:04d}", number)
        if number % 2:
            (tmp_path / "lots" / digest).mkdir(parents=True)
            (tmp_path / "lots" / digest / "0002.dsse.json").write_bytes(decided)
    started = time.process_time()
    found = list(list_bundles(tmp_path / "out", tmp_path / "lots"))
    assert time.process_time() - started < 1.0
    assert [one.state for one in found[:2]] == ["submitted", "approved"]
    assert (found[1].until, found[1].reviewer, found[1].version) == ("2027-01-31", "Nguyễn Văn A", "1")
    assert len(found) == 1000


def test_what_cannot_be_read_is_listed_as_broken(tmp_path, reviews):
    digest = _small_bundle(tmp_path / "out" / "a", 1)
    (tmp_path / "out" / "b").mkdir()
    (tmp_path / "out" / "b" / "manifest.json").write_text("[]")
    (reviews / digest).mkdir()
    (reviews / digest / "0001.dsse.json").write_text("{}")
    (tmp_path / "out" / "nothing").mkdir()
    assert [one.state for one in list_bundles(tmp_path / "out", reviews)] == ["broken", "broken"]
    _small_bundle(tmp_path / "out" / "c", 2)
    (tmp_path / "out" / "c" / "bom.cdx.json").write_text("{}")
    assert "not the one that the manifest lists" in list(list_bundles(tmp_path / "out", reviews))[2].wrong


@pytest.mark.parametrize("name", ["bom.cdx.json", "statement.json"])
def test_a_pipe_in_a_bundle_is_listed_as_broken_and_not_waited_for(tmp_path, reviews, name):
    _small_bundle(tmp_path / "out" / "a", 1)
    pipe = tmp_path / "out" / "a" / name
    pipe.unlink()
    os.mkfifo(pipe)
    done = threading.Event()

    def release():
        """End the wait of whoever opened the pipe, so that this test fails and does not hang."""
        while not done.wait(0.05):
            with contextlib.suppress(OSError):
                os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))

    thread = threading.Thread(target=release)
    thread.start()
    try:
        (listed,) = list_bundles(tmp_path / "out", reviews)
    finally:
        done.set()
        thread.join()
    assert (listed.state, listed.wrong) == ("broken", "not a bundle that can be read (FileNotFoundError)")
