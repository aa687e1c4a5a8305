"""``proofbox papers`` as a user calls it."""

from __future__ import annotations

import json


def test_papers_are_listed_with_the_clauses_that_ask_for_them(proofbox):
    listed = json.loads(proofbox("papers", "list", "--json").stdout)
    assert [one["id"] for one in listed][:2] == ["ai02", "ai08"]
    assert listed[0]["basis"][0] == {"framework": "vn-decree-142-2026", "clause": "20, AI02", "confidence": "V"}
    assert "Hồ sơ kỹ thuật" in proofbox("papers", "list", "--lang", "vi").stdout


def test_papers_are_written_in_every_format_and_language(proofbox, bundle_a, tmp_path):
    out = tmp_path / "papers"
    formats = [word for name in ("html", "pdf", "docx", "json") for word in ("--format", name)]
    result = proofbox("papers", "write", bundle_a, "--form", "ai02", "--form", "publication", *formats,
                      "--lang", "vi", "--lang", "en", "--out", out, "--json")  # fmt: skip
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    files = sorted(path.name for path in out.iterdir())
    assert files == sorted(name for one in told["papers"] for name in one["files"])
    assert len(files) == 2 * 4 * 2
    assert told["papers"][0]["controls_lacking"][:2] == ["VN-PRV-01", "VN-PRV-02"]
    assert 0 < told["papers"][0]["places_left"] <= told["papers"][0]["places"]


def test_a_person_is_told_what_is_left_and_lacking(proofbox, bundle_a, tmp_path):
    result = proofbox("papers", "write", bundle_a, "--form", "ai02", "--out", tmp_path / "papers")
    assert result.returncode == 0, result.stderr
    assert "places are left for a person" in result.stdout
    assert "not judged in this bundle: VN-PRV-01" in result.stdout
    assert "not a licence, not a certificate, not a conformity decision" in result.stdout


def test_bad_requests_end_with_code_2_and_write_nothing(proofbox, bundle_a, tmp_path):
    out = tmp_path / "papers"
    unknown = proofbox("papers", "write", bundle_a, "--form", "ai99", "--out", out)
    assert (unknown.returncode, out.exists()) == (2, False)
    assert "no such form; the forms are: ai02" in unknown.stderr
    out.mkdir()
    (out / "mine.txt").write_text("x")
    filled = proofbox("papers", "write", bundle_a, "--form", "ai02", "--out", out)
    assert filled.returncode == 2
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_an_altered_bundle_gives_no_paper(proofbox, bundle_a, tmp_path):
    record = bundle_a / "assessment.json"
    record.write_bytes(record.read_bytes().replace(b"0.69", b"0.99"))
    result = proofbox("papers", "write", bundle_a, "--form", "ai02", "--out", tmp_path / "papers")
    assert result.returncode == 1
    assert "tampered" in result.stderr
    assert not (tmp_path / "papers").exists()
