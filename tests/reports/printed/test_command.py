"""``proofbox report`` as a user calls it."""

from __future__ import annotations

import hashlib
import json


def test_a_bundle_is_printed_and_not_changed(proofbox, bundle_a, tmp_path):
    before = {path.name: path.read_bytes() for path in bundle_a.iterdir() if path.is_file()}
    out = tmp_path / "report.vi.pdf"
    result = proofbox("report", bundle_a, "--pdf", out, "--lang", "vi", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["language"], told["signed"], told["size"]) == ("vi", False, out.stat().st_size)
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert told["bundle"] == hashlib.sha256(before["manifest.json"]).hexdigest()
    assert {path.name: path.read_bytes() for path in bundle_a.iterdir() if path.is_file()} == before
    again = proofbox("report", bundle_a, "--pdf", out)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_an_altered_bundle_is_not_printed(proofbox, bundle_a, tmp_path):
    record = bundle_a / "assessment.json"
    record.write_bytes(record.read_bytes().replace(b"0.69", b"0.99"))
    result = proofbox("report", bundle_a, "--pdf", tmp_path / "report.pdf")
    assert result.returncode == 1
    assert not (tmp_path / "report.pdf").exists()
