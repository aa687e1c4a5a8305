"""What a store shows of a bundle is what the bundle says, and each kind of change to it is told by name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from proofbox.policies.record import Assessment
from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import read_bundle, write_bundle
from proofbox.reports.tracking.comparing import Shown, compared
from proofbox.reports.tracking.notes import RunNotes, notes
from proofbox.reports.tracking.store import FoundRun

RUN = "0" * 32


@pytest.fixture
def expected(model_a: Assessment, tmp_path, monkeypatch) -> RunNotes:
    monkeypatch.setattr(bundles, "render_html", lambda assessment, language, keyid: "<p></p>")
    made = write_bundle(tmp_path / "bundle", model_a, policy_sources=[("p", b"")], submission_yaml=b"x: 1\n")
    return notes(model_a, made, logged_at=1)


@pytest.fixture
def shown(expected: RunNotes) -> Shown:
    """What a store shows that nobody changed."""
    run = FoundRun(
        run_id=RUN,
        status="FINISHED",
        artifact_uri="",
        name=expected.name,
        tags={**expected.tags, "mlflow.user": "somebody", "team": "ours"},
        metrics=expected.metrics,
        params=expected.params,
        datasets=frozenset((one.name, one.short_digest, one.source) for one in expected.datasets),
    )
    controls = tuple(
        FoundRun(
            run_id=f"{number:032x}",
            status="FINISHED",
            artifact_uri="",
            name=one.name,
            tags=expected.child_tags(RUN, one),
        )
        for number, one in enumerate(expected.controls, 1)
    )
    return Shown(run=run, controls=controls, tables=expected.tables)


def changed(shown: Shown, **given: object) -> Shown:
    return replace(shown, run=replace(shown.run, **given))


def test_what_nobody_changed_differs_in_nothing(expected, shown):
    assert list(compared(expected, shown)) == []


def test_a_changed_run_is_told_with_both_values(expected, shown):
    tags, metrics = dict(shown.run.tags), dict(shown.run.metrics)
    ratio = "demographic_parity_ratio/white"
    cases = {
        "name of the run: got 'conforms: x'": {"name": "conforms: x"},
        "tag 'proofbox.conclusion': got 'conforms', the record gives 'does-not-conform'": {
            "tags": {**tags, "proofbox.conclusion": "conforms"}
        },
        "tag 'proofbox.accredited': got 'yes', and the record has none": {
            "tags": {**tags, "proofbox.accredited": "yes"}
        },
        "tag 'proofbox.subject': is missing": {
            "tags": {key: value for key, value in tags.items() if key != "proofbox.subject"}
        },
        f"figure '{ratio}': got 0.99, the record gives {metrics[ratio]!r}": {"metrics": {**metrics, ratio: 0.99}},
        "figure 'fairness': got 1.0, and the record has none": {"metrics": {**metrics, "fairness": 1.0}},
        "figure 'verdicts/fail': is missing, the record gives 2.0": {
            "metrics": {key: value for key, value in metrics.items() if key != "verdicts/fail"}
        },
        "parameter 'seed': got '1', the record gives '2026'": {"params": {**shown.run.params, "seed": "1"}},
        "data file 'data/eval.csv': is not noted": {"datasets": frozenset()},
        "data file 'x': is noted, and not in the record": {
            "datasets": frozenset({*shown.run.datasets, ("x", "y", "z")})
        },
    }
    for sentence, given in cases.items():
        (told,) = compared(expected, changed(shown, **given))
        assert told.startswith(sentence)


def test_a_long_text_is_told_from_where_it_differs(expected, shown):
    tags = {**shown.run.tags, "mlflow.note.content": expected.tags["mlflow.note.content"].replace("Unsigned", "Signed")}
    (told,) = compared(expected, changed(shown, tags=tags))
    assert "Signed" in told.partition("the record gives")[0]
    assert "Unsigned" in told.partition("the record gives")[2]
    assert len(told) < 260


def test_a_reviewers_word_is_left_aside_and_nothing_else_above_the_note(expected, shown):
    note = expected.tags["mlflow.note.content"]
    decided = {**shown.run.tags, "proofbox.review": "approved", "proofbox.review.by": "A. Nguyen"}
    said = {**decided, "mlflow.note.content": f"**Review**: 1. approved\n\n{note}"}
    assert list(compared(expected, changed(shown, tags=said))) == []
    for above in ("**Conforms**: x", "**Review**: approved\n**Conforms**: x"):
        lied = {**decided, "mlflow.note.content": f"{above}\n\n{note}"}
        (told,) = compared(expected, changed(shown, tags=lied))
        assert told.startswith("tag 'mlflow.note.content'")


def test_a_changed_control_is_told_by_its_id(expected, shown):
    first, *others = shown.controls
    control, policy = first.tags["proofbox.control"], first.tags["proofbox.policy"]
    where = f"control {control!r} of {policy!r}"
    lied = replace(first, tags={**first.tags, "proofbox.verdicts": "pass 2"})
    cases = {
        f"{where}, tag 'proofbox.verdicts': got 'pass 2'": (lied, *others),
        f"{where}, name of the run: got 'x'": (replace(first, name="x"), *others),
        f"{where}, figure 'accuracy': got 1.0": (replace(first, metrics={"accuracy": 1.0}), *others),
        f"{where}: its run is missing": tuple(others),
        f"{where}: a run that the record does not have": (*shown.controls, replace(lied, run_id="f" * 32)),
    }
    for sentence, controls in cases.items():
        (told,) = compared(expected, replace(shown, controls=controls))
        assert told.startswith(sentence)


def test_a_changed_table_is_told_with_the_first_changed_row(expected, shown):
    name = "findings.json"
    table = json.loads(expected.tables[name])
    row = list(table["data"][0])
    table["data"][0][4] = "pass"
    cases = {
        "is missing": None,
        "is none that MLflow shows": b"[" * 100_000,
        f"has 1 rows otherwise than the record, the first of which is {str(row)[:20]!r}"[:-1]: json.dumps(
            table
        ).encode(),
    }
    for sentence, raw in cases.items():
        tables = {key: value for key, value in shown.tables.items() if key != name}
        given = tables if raw is None else {**tables, name: raw}
        (told,) = compared(expected, replace(shown, tables=given))
        assert told.startswith(f"table {name}: {sentence}")


def test_a_record_gives_the_same_words_when_it_is_read_again(model_a, tmp_path, monkeypatch):
    """Keys come from the reader in another order than from the one who measured, and 5.0 as 5."""
    monkeypatch.setattr(bundles, "render_html", lambda assessment, language, keyid: "<p></p>")
    first, *others = model_a.measurements
    grouped = replace(
        first, params={"min_group_size": 5.0, "attribute": ["sex", "race"]}, group={"sex": "f", "race": "x"}
    )
    measured = replace(model_a, measurements=(grouped, *others))
    made = write_bundle(tmp_path / "bundle", measured, policy_sources=[("p", b"")], submission_yaml=b"x: 1\n")
    again = read_bundle(made.path).assessment
    assert notes(again, made, logged_at=1) == notes(measured, made, logged_at=1)
