"""The evidence bundle: whole or not there, and every difference is named."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re

import pyarrow.parquet as pq
import pytest

from proofbox.checks.result import CountTable
from proofbox.checks.text import t
from proofbox.policies.record_json import to_json
from proofbox.reports import bundle as bundles
from proofbox.reports import folder
from proofbox.reports.bundle import read_bundle, write_bundle
from proofbox.reports.canonical import canonical_bytes, strict_json
from proofbox.reports.errors import (
    BundleExistsError,
    BundleWriteError,
    CanonicalError,
    IncompleteBundleError,
    NotABundleError,
    ReportsError,
    TamperedBundleError,
)

POLICY = b"# a comment that canonical forms would lose\nid: vn-trusted-ai\n"
SUBMISSION = "schema: proofbox/submission/v1\nproduct: {name: Thẩm định}\n".encode()


@pytest.fixture(autouse=True)
def _quick_pages(request, monkeypatch):
    """Rendering has tests of its own; here a page is a page."""
    if "real_pages" not in request.fixturenames:
        monkeypatch.setattr(bundles, "render_html", lambda assessment, language, keyid: f"<p>{language} {keyid}</p>")


@pytest.fixture
def real_pages() -> None:
    """Ask for the real pages."""


@pytest.fixture
def bundle(tmp_path, model_a, tables):
    return write_bundle(
        tmp_path / "bundle",
        model_a,
        policy_sources=[("packs/vn-trusted-ai.yaml", POLICY)],
        submission_yaml=SUBMISSION,
        tables=tables,
    )


def files(path):
    return sorted(found.relative_to(path).as_posix() for found in path.rglob("*") if found.is_file())


def test_it_holds_what_the_contract_lists(bundle):
    assert files(bundle.path) == [
        "assessment.json",
        "bom.cdx.json",
        "counterexamples/c-00000000000000aa.json",
        "manifest.json",
        "policy/vn-trusted-ai.yaml",
        "report.html",
        "report.vi.html",
        "statement.json",
        "submission.yaml",
        "svr.json",
        "tables/fairness.group_rates-confusion.parquet",
    ]
    assert (bundle.path / "policy/vn-trusted-ai.yaml").read_bytes() == POLICY
    assert (bundle.path / "submission.yaml").read_bytes() == SUBMISSION
    assert bundle.report("en").name == "report.html"
    assert bundle.report("vi").name == "report.vi.html"


def test_a_counterexample_carries_the_seed_that_finds_it_again(bundle, model_a):
    case = json.loads((bundle.path / "counterexamples/c-00000000000000aa.json").read_bytes())
    record = json.loads((bundle.path / "assessment.json").read_bytes())
    recorded = next(found for found in record["counterexamples"] if found["id"] == case["id"])
    assert case == {**recorded, "seed": model_a.run.seed}


def test_it_reads_back_as_it_was_written(bundle, model_a):
    content = read_bundle(bundle.path)
    assert content.assessment == model_a
    assert content.bundle == bundle
    assert len(content.manifest) == 9


@pytest.mark.parametrize("value", [2.0, -0.0, 0.5, 2.0**53, 1e17, 1e21, 5e-324, 7])
def test_a_number_in_a_sentence_or_a_detail_reads_back_and_can_be_written_again(tmp_path, model_a, value):
    """JSON writes 2.0 as 2, and 1e17 as a whole number that it may not hold: the reader finds what was said."""
    finding, measured = model_a.findings[0], model_a.measurements[0]
    said = dataclasses.replace(
        model_a,
        findings=(dataclasses.replace(finding, reason=t("a budget of {budget}", budget=value)), *model_a.findings[1:]),
        measurements=(dataclasses.replace(measured, detail={"budget": value}), *model_a.measurements[1:]),
    )
    made = write_bundle(tmp_path / "bundle", said, policy_sources=[], submission_yaml=SUBMISSION)
    again = read_bundle(made.path).assessment
    assert str(again.findings[0].reason) == str(said.findings[0].reason)
    assert again.measurements[0].detail["budget"] == value
    assert canonical_bytes(to_json(again)) == (made.path / "assessment.json").read_bytes()


@pytest.mark.parametrize("written", [b"9" * 400, b"9" * 5000, b"1e400", b"-1E+400", b"NaN", b"-Infinity"])
def test_a_number_that_is_not_finite_once_it_is_read_is_no_number(written):
    with pytest.raises(CanonicalError, match="one way only"):
        strict_json(b"[" + written + b"]")


def test_the_manifest_agrees_with_sha256sum_and_the_statement_binds_it(bundle):
    manifest = (bundle.path / "manifest.json").read_bytes()
    assert bundle.digest == hashlib.sha256(manifest).hexdigest()
    for entry in json.loads(manifest)["files"]:
        raw = (bundle.path / entry["path"]).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
    statement = json.loads((bundle.path / "statement.json").read_bytes())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicate"]["manifest"]["sha256"] == bundle.digest


def test_equal_records_give_equal_bundles(real_pages, tmp_path, model_a, tables, bundle):
    again = write_bundle(
        tmp_path / "again",
        model_a,
        policy_sources=[("vn-trusted-ai.yaml", POLICY)],
        submission_yaml=SUBMISSION,
        tables=tables,
    )
    assert again.digest == bundle.digest


def test_tables_keep_types_and_gaps(bundle):
    table = pq.read_table(bundle.path / "tables/fairness.group_rates-confusion.parquet")
    assert table.to_pydict()["note"] == [None, "đủ"]
    assert str(table.schema.field("true_positive").type) == "int64"


def test_a_column_of_several_kinds_is_kept_as_json_text(tmp_path, model_a):
    mixed = {"t": CountTable(name="t", columns={"x": (1, "1", None, 2**70)})}
    made = write_bundle(tmp_path / "b", model_a, policy_sources=[], submission_yaml=b"", tables=mixed)
    assert pq.read_table(made.path / "tables/t.parquet").to_pydict() == {"x": ["1", '"1"', None, str(2**70)]}


def every_file(path):
    return [name for name in files(path) if name != "manifest.json"]


def test_a_changed_byte_in_any_file_is_named(bundle):
    for name in every_file(bundle.path):
        path = bundle.path / name
        kept = path.read_bytes()
        path.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
        with pytest.raises(TamperedBundleError, match=f"tampered: {name}"):
            read_bundle(bundle.path)
        path.write_bytes(kept)
    read_bundle(bundle.path)


def test_a_changed_manifest_is_seen_by_the_statement(bundle):
    path = bundle.path / "manifest.json"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(TamperedBundleError, match=r"statement\.json is not the statement"):
        read_bundle(bundle.path)


def test_a_missing_file_is_named(bundle):
    for name in every_file(bundle.path):
        path = bundle.path / name
        kept = path.read_bytes()
        path.unlink()
        with pytest.raises(IncompleteBundleError, match=name):
            read_bundle(bundle.path)
        path.write_bytes(kept)


def test_an_added_file_and_a_link_are_named(bundle):
    added = bundle.path / "tables" / "more.parquet"
    added.write_bytes(b"")
    with pytest.raises(TamperedBundleError, match=r"tables/more\.parquet is not in the manifest"):
        read_bundle(bundle.path)
    added.unlink()
    added.symlink_to(bundle.path)
    with pytest.raises(TamperedBundleError, match="not a regular file"):
        read_bundle(bundle.path)


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        b'{"schema":"proofbox/manifest/v9","files":[]}',
        b'{"schema":"proofbox/manifest/v1","files":[{"path":1}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_bundle_is_not_called_tampered(tmp_path, manifest):
    (tmp_path / "manifest.json").write_bytes(manifest)
    with pytest.raises(NotABundleError):
        read_bundle(tmp_path)


def test_a_size_beyond_all_numbers_is_no_manifest(bundle):
    manifest = (bundle.path / "manifest.json").read_bytes()
    (bundle.path / "manifest.json").write_bytes(re.sub(rb'"size":[0-9]+', b'"size":1e400', manifest, count=1))
    with pytest.raises(NotABundleError, match="too large to be read"):
        read_bundle(bundle.path)


def test_a_manifest_that_points_outside_is_refused(tmp_path):
    listed = [{"path": "../secret", "size": 0, "sha256": ""}]
    raw = canonical_bytes({"schema": "proofbox/manifest/v1", "files": listed})
    (tmp_path / "manifest.json").write_bytes(raw)
    with pytest.raises(TamperedBundleError, match="outside the bundle"):
        read_bundle(tmp_path)


def test_no_folder_is_no_bundle(tmp_path):
    with pytest.raises(NotABundleError, match=r"manifest\.json cannot be read"):
        read_bundle(tmp_path / "none")


def test_a_record_of_any_length_is_not_parsed(bundle, monkeypatch):
    monkeypatch.setattr(bundles, "MOST_RECORD_BYTES", 1000)
    with pytest.raises(NotABundleError, match=r"got more than 1000 bytes, expected a record"):
        read_bundle(bundle.path)


def test_evidence_is_never_overwritten(bundle, model_a):
    before = {name: (bundle.path / name).read_bytes() for name in files(bundle.path)}
    with pytest.raises(BundleExistsError, match="choose another folder"):
        write_bundle(bundle.path, model_a, policy_sources=[], submission_yaml=b"")
    assert before == {name: (bundle.path / name).read_bytes() for name in files(bundle.path)}


def test_an_empty_folder_is_taken(tmp_path, model_a):
    (tmp_path / "b").mkdir()
    assert read_bundle(write_bundle(tmp_path / "b", model_a, policy_sources=[], submission_yaml=b"").path)


def test_a_file_or_a_link_in_the_way_is_refused(tmp_path, model_a):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(BundleExistsError):
            write_bundle(tmp_path / name, model_a, policy_sources=[], submission_yaml=b"")


@pytest.mark.parametrize("fails_at", range(1, 12, 2))
def test_a_disk_that_refuses_leaves_nothing(tmp_path, model_a, monkeypatch, fails_at):
    calls = []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(BundleWriteError, match="No space left on device"):
        write_bundle(tmp_path / "b", model_a, policy_sources=[("p", POLICY)], submission_yaml=b"")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "sync_folder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.write_folder(tmp_path / "b", {"a/b": b"x"})
    assert list(tmp_path.iterdir()) == []


def test_a_rival_who_was_quicker_is_not_overwritten(tmp_path, monkeypatch):
    write = folder.write_new

    def slow(path, raw):
        write(path, raw)
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / "theirs").write_text("evidence")

    monkeypatch.setattr(folder, "write_new", slow)
    with pytest.raises(BundleExistsError):
        folder.write_folder(tmp_path / "b", {"a": b"x"})
    assert [found.name for found in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b" / "theirs").read_text() == "evidence"


def test_names_cannot_leave_the_folder(tmp_path, model_a):
    made = write_bundle(
        tmp_path / "b",
        model_a,
        policy_sources=[("../../etc/passwd", b"1"), ("/home/user/secret project/own.yaml", b"2")],
        submission_yaml=b"",
        tables={"../../x/\u202ey": CountTable(name="x", columns={"a": (1,)})},
    )
    assert [name for name in files(made.path) if name.startswith(("policy", "tables"))] == [
        "policy/own.yaml",
        "policy/passwd.yaml",
        "tables/x-y.parquet",
    ]
    assert [found.name for found in tmp_path.iterdir()] == ["b"]


def test_two_different_files_of_one_name_are_refused(tmp_path, model_a):
    sources = [("a/p.yaml", b"1"), ("b/p.yaml", b"2")]
    with pytest.raises(BundleWriteError, match="two different files of one name"):
        write_bundle(tmp_path / "b", model_a, policy_sources=sources, submission_yaml=b"")
    assert list(tmp_path.iterdir()) == []


def test_what_canonical_json_cannot_say_is_refused_before_anything_is_written(tmp_path, model_a):
    run = dataclasses.replace(model_a.run, seed=2**63)
    with pytest.raises(CanonicalError, match="RFC 8785"):
        write_bundle(tmp_path / "b", dataclasses.replace(model_a, run=run), policy_sources=[], submission_yaml=b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**60, "\ud800", {1: 2}, object()])
def test_canonical_json_refuses(value):
    with pytest.raises(ReportsError):
        canonical_bytes({"x": value})


def test_canonical_json_is_the_rfc_form():
    assert (
        canonical_bytes({"b": 1.0, "a": "đ\u2028", "c": [1e21, 0.1]})
        == '{"a":"đ\u2028","b":1,"c":[1e+21,0.1]}'.encode()
    )
