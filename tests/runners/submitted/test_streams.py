"""Files read in batches give what files held in memory give, whatever their format and however they are written."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from proofbox.checks.counted.counts import Counts
from proofbox.checks.registry import all_checks
from proofbox.checks.subject import Dataset
from proofbox.runners.assessing.execute import Bench, execute
from proofbox.runners.assessing.plan import make_plan
from proofbox.runners.submitted import streams
from proofbox.runners.submitted.data import Csv
from proofbox.runners.submitted.streams import Reading, Stream, read_or_open
from proofbox.runners.submitted.tables import UnreadableTableError, read_table
from proofbox.sandbox.host import sources

Command = Callable[..., "subprocess.CompletedProcess[str]"]
ROWS = 5_000
NAMES = ("sex", "age", "member", "y", "p", "w")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(3)
    forms = ["Nam", unicodedata.normalize("NFC", "Nữ"), unicodedata.normalize("NFD", " Nữ "), "", None, "khác"]
    # Late rows contradict what early ones look like: a reader that guesses from the first block must think again.
    late = np.arange(ROWS) >= ROWS - 50
    return pa.table(
        {
            "sex": pa.array([forms[place] for place in rng.integers(0, len(forms), ROWS)], pa.string()),
            "age": np.where(late, 40.5, rng.integers(18, 90, ROWS)),
            "member": pa.array(np.where(late, "maybe", np.where(rng.random(ROWS) < 0.5, "1", "2"))),
            "y": pa.array(rng.integers(0, 3, ROWS), mask=rng.random(ROWS) < 0.1),
            "p": rng.integers(0, 3, ROWS),
            "w": rng.random(ROWS),
        }
    )


def written(table: pa.Table, folder: Path, kind: str) -> Path:
    path = folder / f"eval.{kind.partition(' ')[0]}"
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=700)
    elif kind == "parquet with dictionaries":
        sex = table.column("sex").dictionary_encode()
        pq.write_table(table.set_column(0, "sex", sex), path, row_group_size=999)
    elif kind == "arrow":
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=512)
    else:
        pc.write_csv(table, path)
    return path


@pytest.fixture
def opened(open_here, monkeypatch):
    """Open a file to be read in batches, which are small here."""
    monkeypatch.setattr(streams, "BATCH_ROWS", 300)
    monkeypatch.setattr(sources, "_BLOCK_BYTES", 1 << 13)

    def open_it(path: Path) -> Stream:
        found = read_or_open(path, Reading(opener=open_here, most_rows=10), Csv())
        assert isinstance(found, Stream)
        return found

    return open_it


def data_of(path: Path, read: streams.ReadTable | Stream) -> Dataset:
    return Dataset(
        role="evaluation",
        path=path.name,
        table=read.head if isinstance(read, Stream) else read.table,
        features=("age",),
        target="y",
        prediction="p",
        sensitive=("sex", "age", "member"),
        weight="w",
        id_columns=(),
        positive_label="1",
        favourable_label=None,
        bins={"age": (25.0, 40.0, 60.0)},
        source=read if isinstance(read, Stream) else None,
    )


@pytest.mark.parametrize("kind", ["parquet", "parquet with dictionaries", "arrow", "csv"])
def test_the_counts_are_those_of_the_table_in_memory(table, tmp_path, open_here, opened, kind):
    path = written(table, tmp_path, kind)
    stream = opened(path)
    assert stream.rows == ROWS
    assert sum(1 for _ in stream.batches(["sex"])) > 5
    held, read = Counts(data_of(path, read_table(path, open_here))), Counts(data_of(path, stream))
    for attribute in (("sex",), ("age",), ("member", "sex")):
        one, other = held.grouped(attribute), read.grouped(attribute)
        assert one.categories == other.categories
        assert (one.truths, one.decided, one.missing) == (other.truths, other.decided, other.missing)
        assert one.cells.tolist() == other.cells.tolist()
        assert other.weight == pytest.approx(one.weight, abs=1e-9)
        assert other.weight_squared == pytest.approx(one.weight_squared, abs=1e-9)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "csv"])
def test_batches_hold_what_the_table_in_memory_holds(table, tmp_path, open_here, opened, kind):
    path = written(table, tmp_path, kind)
    stream = opened(path)
    next(stream.batches(["w", "sex"]))  # a pass that is given up
    parts = list(stream.batches(NAMES))
    whole = read_table(path, open_here).table
    for name in NAMES:
        values = [value for part in parts for value in part.column(name).to_pylist()]
        assert values == whole.column(name).to_pylist()


@pytest.mark.parametrize("kind", ["parquet", "arrow", "csv"])
def test_only_what_is_too_large_is_read_in_batches(table, tmp_path, open_here, monkeypatch, kind):
    path = written(table, tmp_path, kind)
    for most_rows, in_batches in ((ROWS - 1, True), (ROWS, False)):
        found = read_or_open(path, Reading(opener=open_here, most_rows=most_rows), Csv())
        assert isinstance(found, Stream) == in_batches
    monkeypatch.setattr(streams, "BYTES_HELD", 10_000)
    assert isinstance(read_or_open(path, Reading(opener=open_here), Csv()), Stream)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_damage_further_down_is_told_and_is_no_crash(table, tmp_path, opened, kind):
    path = written(table, tmp_path, kind)
    raw = bytearray(path.read_bytes())
    # An uncompressed Arrow file has no checksums: what is hit must be more than numbers, which could be anything.
    start, end = len(raw) // 4, len(raw) // 2
    raw[start:end] = b"\xff" * (end - start)
    path.write_bytes(bytes(raw))
    with pytest.raises(UnreadableTableError, match=f"bytes that are not {kind}"):
        for _ in opened(path).batches(NAMES):
            pass


def test_a_ragged_row_far_down_a_csv_file_is_told(tmp_path, opened):
    path = tmp_path / "eval.csv"
    path.write_text("a,b\n" + "1,2\n" * 3_000 + "1\n")
    with pytest.raises(UnreadableTableError, match="does not parse"):
        opened(path)


def test_a_model_is_asked_in_batches(submission: Path, proofbox: Command):
    """Through the command, with a real model behind the walls: the same counts."""

    def measured(check: str, *more: str) -> dict:
        result = proofbox("measure", submission, "--check", check, "--json", *more)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    held = measured("fairness.group_rates")
    read = measured("fairness.group_rates", "--rows-in-memory", "10")
    assert len(held["measurements"]) > 5
    assert read == held


def test_checks_that_need_all_rows_say_why_they_do_not_apply(table, tmp_path, opened):
    path = written(table, tmp_path, "parquet")
    data = data_of(path, opened(path))
    wanted = [
        ("data.quality", {}),
        ("fairness.group_rates", {"attribute": ["sex"]}),
        ("performance.classification", {}),
    ]
    plan = make_plan(wanted, recorded_only=True)
    bench = Bench(subject=None, evaluation=data, training=None, seed=0, as_of="2026-11-22", attributes=plan.attributes)
    outcome = execute(plan.static, bench)
    assert [record.check for record in outcome.inapplicable] == ["data.quality"]
    assert "accuracy" in {item.measure for item in outcome.measurements}
    assert "5000 rows, which are read in batches" in str(outcome.inapplicable[0].reason)
    assert outcome.errors == ()
    counted = outcome.tables["counts-sex-age-member"]
    assert sum(counted.columns["rows"]) == ROWS
    assert set(counted.columns) == {
        "sex",
        "age",
        "member",
        "true_label",
        "decision",
        "rows",
        "weight",
        "weight_squared",
    }


def test_checks_that_count_ask_for_nothing_that_holds_all_rows():
    counting = {name for name, spec in all_checks().items() if "counts" in spec.needs}
    assert {"fairness.group_rates", "fairness.demographic_parity", "fairness.equalized_odds"} <= counting
    held = {name: all_checks()[name].needs - all_checks()[name].optional for name in counting}
    assert not [name for name, needs in held.items() if needs & {"data", "decisions", "model"}]


def test_training_data_too_long_to_hold_are_refused_by_checks_that_need_them_all_alone(table, tmp_path, opened):
    path = written(table, tmp_path, "parquet")
    held = replace(data_of(path, opened(path)), table=table, source=None)
    training = replace(data_of(path, opened(path)), role="training")
    wanted = [("privacy.personal_data", {}), ("provenance.leakage", {}), ("data.quality", {"role": "training"})]
    plan = make_plan([*wanted, ("data.quality", {})], recorded_only=True)
    subject = SimpleNamespace(personal_data=())
    outcome = execute(
        plan.static, Bench(subject=subject, evaluation=held, training=training, seed=0, as_of="2026-11-22")
    )
    refused = {(record.check, record.params.get("role")) for record in outcome.inapplicable if not record.measures}
    assert refused == {("privacy.personal_data", None), ("data.quality", "training")}
    assert all("5000 rows, which are read in batches" in str(record.reason) for record in outcome.inapplicable
               if not record.measures)  # fmt: skip
    values = {item.measure: item.value for item in outcome.measurements if item.check == "provenance.leakage"}
    assert values["leaked_rows"] == ROWS
