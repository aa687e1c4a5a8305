"""Scanners of others are asked behind the walls; whatever happens to them is never an answer of clean."""

import pickle

import pytest

from proofbox.sandbox import scanners
from proofbox.sandbox.scanners import ask_scanners, installed

EVIL = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."


@pytest.fixture
def ask(executor, tmp_path):
    def asked(files):
        root = tmp_path / "submission"
        root.mkdir(mode=0o700)
        for name, content in files.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(content)
        answers = list(ask_scanners(executor, root, list(files)))
        assert root.stat().st_mode & 0o777 == 0o700
        return answers

    return asked


def test_both_scanners_are_installed_for_the_tests():
    assert set(installed()) == set(scanners.SCANNERS)


def test_each_scanner_says_what_it_found_in_each_file(ask):
    found = ask({"b/evil.pkl": EVIL, "a.pkl": pickle.dumps({"a": 1}), "table.csv": b"x,y\n1,2\n", "cut.pkl": EVIL[:-2]})
    answers = {(one.scanner, one.path): one.answer for one in found}
    for name in scanners.SCANNERS:
        assert answers[name, "b/evil.pkl"] == "found"
        assert answers[name, "a.pkl"] == "clean"
        assert answers[name, "table.csv"] == "not-its-kind"
        assert answers[name, "cut.pkl"] in ("found", "failed"), "a scan that breaks off is never clean"
    assert all(one.version for one in found)
    assert len(found) == 8


def test_a_scanner_that_hangs_has_failed_and_the_next_file_is_still_asked_about(ask, monkeypatch):
    monkeypatch.setattr(scanners, "FILE_SECONDS", 2.0)
    found = ask({"a-slow.pkl": b"\x80\x02" + b"N0" * 12_000_000 + b"N.", "b.pkl": EVIL})
    answers = {(one.scanner, one.path): one for one in found}
    slow = answers["picklescan", "a-slow.pkl"]
    assert slow.answer == "failed"
    assert "did not answer within 2 seconds" in slow.what
    assert answers["picklescan", "b.pkl"].answer == "found"


def test_nothing_is_asked_beyond_what_is_agreed_and_that_is_said(ask, monkeypatch):
    monkeypatch.setattr(scanners, "MOST_FILES", 1)
    found = ask({"a.pkl": EVIL, "b.pkl": EVIL})
    left = [one for one in found if one.path == "b.pkl"]
    assert {one.answer for one in left} == {"not-asked"}
    assert all("only the first 1 files" in one.what for one in left)
