"""`archive`: many stored bundles verified, judged and counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from proofbox.policies.record_json import from_json
from proofbox.reports.archive.entries import Archive, Entry, Judged, LeftOut, parquet_of
from proofbox.reports.archive.page import render_archive
from proofbox.reports.archive.views import attempts, controls, failed_by
from proofbox.reports.bundle import write_bundle
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.finding import Shelf, find_bundles

RECORD = Path(__file__).resolve().parents[2] / "reports/records/model-a.json"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three bundles of one product over two months, and one that was tampered with."""
    folder = tmp_path_factory.mktemp("archive") / "store"
    recorded = from_json(json.loads(RECORD.read_text("utf-8")))
    for name, day in (
        ("a", "2026-10-01"),
        ("deep/b", "2026-11-02"),
        ("deep/c", "2026-11-03"),
        ("spoiled", "2026-11-04"),
    ):
        run = replace(recorded.run, started_at=f"{day}T08:00:00.000+00:00")
        write_bundle(
            folder / name,
            replace(recorded, run=run),
            policy_sources=[("p", b"schema: x\n")],
            submission_yaml=b"schema: x\n",
            languages=(),
        )
    (folder / "spoiled/submission.yaml").write_bytes(b"schema: y\n")
    return folder


def entry(name: str, conclusion: str, verdicts: Sequence[str], **more: str) -> Entry:
    about = {"product": "p", "provider": "1", "sector": "credit", "started_at": "2026-11-01T00:00:00.000+00:00", **more}
    findings = (
        Judged(
            policy="q", control=f"C-{number // 2}", requirement=f"C-{number // 2}.{number}", level="must", verdict=said
        )
        for number, said in enumerate(verdicts)
    )
    return Entry(
        bundle=name, digest="0" * 64, version="1", recorded=conclusion, conclusion=conclusion, findings=tuple(findings),
        **about,
    )  # fmt: skip


def test_the_command_verifies_judges_and_counts(stored: Path, proofbox, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = proofbox("archive", stored, "-p", "baseline", "--out", out, "--json")
    assert result.returncode == 1, result.stderr
    document = json.loads(result.stdout)
    assert [row["started_at"][:7] for row in document["assessments"]] == ["2026-10", "2026-11", "2026-11"]
    assert [Path(row["bundle"]).name for row in document["left_out"]] == ["spoiled"]
    assert "tampered" in document["left_out"][0]["why"]
    assert document["policies"][0].startswith("baseline ")
    assert {row["policy"] for row in document["controls"]} == {"baseline"}
    assert document["products"][0]["attempts"] == 3
    table = pq.read_table(out / "archive.parquet").to_pylist()
    judged = json.loads(proofbox("judge", stored / "a", "-p", "baseline", "--json").stdout)
    expected = {(one["requirement"], one["verdict"]) for one in judged["findings"]}
    assert {(row["requirement"], row["verdict"]) for row in table if row["bundle"].endswith("/a")} == expected
    page = (out / "archive.vi.html").read_text("utf-8")
    assert [word for word in ('lang="vi"', "Dữ liệu có chất lượng", "tín dụng") if word not in page] == []


def test_without_a_policy_each_bundle_speaks_for_itself(stored: Path, proofbox) -> None:
    recorded = json.loads(RECORD.read_text("utf-8"))
    result = proofbox("archive", stored / "a", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["assessments"][0]["conclusion"] == recorded["conclusion"]
    assert {row["control"] for row in document["controls"]} == {one["control"] for one in recorded["findings"]}


def test_lines_of_a_journal_that_nobody_wrote_are_passed_over(stored: Path, quick, tmp_path: Path) -> None:
    """What a disk gave back after a crash, or a stranger put there: those bundles are opened again."""
    words = ("archive", stored, "--out", tmp_path / "out", "--json")
    whole = json.loads(quick(*words).stdout)
    journal = tmp_path / "out/archive.jsonl"
    head, *lines = journal.read_bytes().splitlines(keepends=True)
    good = json.loads(lines[0])
    verdict = good["findings"][0][:4]
    spoilt = [
        *(b"1", b"null", b"[]", b"{}", b'"x"', b"[" * 100_000, b"\xff\xfe", b"\0" * 4096, lines[0][:-40]),
        *(
            json.dumps({**good, **more}).encode()
            for more in (
                {"findings": [[*verdict, "passed"]]},
                {"findings": [[*verdict, ["pass"]]]},
                {"findings": 1},
                {"recorded": []},
                {"conclusion": "certified"},
                {"started_at": "yesterday"},
                {"product": 7},
                {"sector": "\ud800"},
                {"extra": "x"},
            )
        ),
    ]
    journal.write_bytes(head + b"".join(line + b"\n" for line in spoilt))
    again = quick(*words, "--resume")
    assert (again.returncode, json.loads(again.stdout)) == (1, whole), again.stderr
    journal.write_bytes(b"\xff\n" + b"".join(lines))
    assert quick(*words, "--resume").returncode == 2


def test_bundles_are_found_at_any_depth_and_what_was_never_finished_is_none(tmp_path: Path) -> None:
    for name in ("b", "deep/er/a", ".b.partial-1", "b/counterexamples", "deep/.hidden/c"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "manifest.json").write_text("{}")
    (tmp_path / "deep/z.ZIP").write_bytes(b"")
    (tmp_path / "again").symlink_to(tmp_path)
    found = [Path(one.name).relative_to(tmp_path).as_posix() for one in find_bundles([str(tmp_path)], Shelf())]
    assert found == ["b", "deep/z.ZIP", "deep/er/a"]
    with pytest.raises(UsageError, match="no such bundle"):
        find_bundles([str(tmp_path), str(tmp_path / "nowhere")], Shelf())


def test_an_archive_of_nothing_is_bad_usage(proofbox, tmp_path: Path) -> None:
    result = proofbox("archive", tmp_path)
    assert result.returncode == 2
    assert "no evidence bundle" in result.stderr


def test_a_control_counts_once_with_the_worst_of_its_requirements() -> None:
    entries = [
        entry("a", "does-not-conform", ["pass", "fail", "pass", "inconclusive"]),
        entry("b", "conforms", ["pass", "pass", "not-applicable", "not-applicable"]),
        entry("c", "undetermined", ["error", "not-applicable", "not-applicable", "pass"], sector="health"),
    ]
    found = {one.control: one for one in controls(entries)}
    assert dict(found["C-0"].counts) == {"failed": 1, "met": 1, "left-open": 1}
    assert dict(found["C-1"].counts) == {"left-open": 1, "not-applicable": 1, "met": 1}
    assert (found["C-0"].applied, found["C-1"].applied) == (3, 2)
    sectors, table = failed_by(entries, lambda one: one.sector)
    assert sectors == ("credit", "health")
    assert table["q", "C-0"] == {"credit": (1, 2), "health": (0, 1)}
    assert table["q", "C-1"] == {"credit": (0, 1), "health": (0, 1)}


def test_attempts_are_counted_in_order_of_time_until_one_conforms() -> None:
    entries = [
        entry("late", "does-not-conform", [], started_at="2026-11-09T00:00:00.000+00:00"),
        entry("second", "conforms", [], started_at="2026-11-02T00:00:00.000+00:00"),
        entry("first", "undetermined", [], started_at="2026-11-01T00:00:00.000+00:00"),
        entry("other", "does-not-conform", [], product="z"),
    ]
    assert [(one.product, one.attempts, one.until_conforming) for one in attempts(entries)] == [
        ("p", 3, 2),
        ("z", 1, None),
    ]


def test_names_of_strangers_stay_text_and_equal_archives_give_equal_bytes() -> None:
    entries = [entry("a", "conforms", ["fail"], product="<script>x</script>\u202e", provider="<img>")]
    page = render_archive(Archive(entries=tuple(entries), left_out=(LeftOut(bundle="<b>", why="why \u0007"),)), "vi")
    assert "<script>" not in page
    assert "<img>" not in page
    assert "\u202e" not in page
    assert "\u0007" not in page
    assert parquet_of(entries) == parquet_of(entries)
    assert render_archive(Archive(entries=()), "en")
