"""Inputs on which every check of today can measure everything that it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from proofbox.checks.holding import Behaviour, Isolation
from proofbox.checks.subject import ReferenceShare, Unit
from proofbox.runners.conformance.fakes import FakeModel, FakeTimed, build_data, build_log, build_subject

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

RECORD = b'{"schema": "proofbox/provenance/v1", "date": "2026-01-01", "source": "a register"}'
"""A provenance record of which every check of provenance can say something."""


def inputs(root: Path, rows: int, *, numbers: bool = False) -> dict[str, Any]:
    """Return everything that a check may ask for, by name.

    Parameters
    ----------
    root
        Folder in which the subject's files are written.
    rows
        Of the evaluation and of the training data.
    numbers
        Whether the decisions are numbers of a regression, and not between classes.
    """
    rng = np.random.default_rng(11)
    columns = {
        "sex": rng.choice(["f", "m"], rows),
        "age": rng.integers(18, 80, rows),
        "pay": rng.normal(10, 3, rows),
        "y": rng.integers(0, 2, rows),
        "person": np.arange(rows) + 1_000,
        "year": rng.integers(2020, 2026, rows),
    }
    others = columns | {"pay": rng.normal(10, 3, rows)}
    asked = FakeModel(_score, ("sex", "age", "pay"))
    rest: dict[str, Any] = {
        "features": asked.features, "target": "y", "id_columns": ("person",), "time": "year"
    }  # fmt: skip
    evaluation = build_data(
        columns,
        sensitive=("sex",),
        monotone={"pay": "increasing"},
        irrelevant=("age",),
        units=(Unit(feature="pay", unit="sex", factors={"f": 1.0, "m": 100.0}),),
        **rest,
    )
    decisions = asked.predict(evaluation.feature_table())
    return {
        "subject": _subject(root),
        "model": asked,
        "timed": FakeTimed(),
        "data": evaluation,
        "training": build_data(others, role="training", **rest),
        "decisions": replace(decisions, classes=(), positive_label="") if numbers else decisions,
        "isolation": Isolation(executor="bubblewrap", level=2, attempts={"network.tcp": True}),
        "behaviour": Behaviour(batches=1, denied_calls={}, denied_calls_at_start={"mkdir": 1}, output_bytes=9),
    }


def _score(table: pa.Table) -> NDArray[np.float64]:
    pay = table.column("pay").to_numpy().astype(float)
    female = np.array([value == "f" for value in table.column("sex").to_pylist()], dtype=float)
    return np.asarray(1 / (1 + np.exp(10 - pay + 2 * female)), dtype=np.float64)


def _subject(root: Path) -> Any:  # noqa: ANN401 a Subject
    files = {"model.onnx": b"\x08\x07", "eval.csv": b"x", "train.csv": b"y", "p.json": RECORD}
    files |= {"card.md": b"| measure | value |\n|---|---|\n| recall | 90 % |", "bom.json": b"{}"}
    files |= {"notice.txt": b"AI", "dossier.md": b"# Purpose", "log.jsonl": build_log("stop-requested", "stopped")}
    files["trial.json"] = b'{"limits": [{"kind": "value", "name": "all", "most": 1}]}'
    documents = {"notice": "notice.txt", "classification_dossier": "dossier.md", "operation_log": "log.jsonl"}
    documents |= {"model_card": "card.md", "system_card": "card.md", "bom": "bom.json"}
    return build_subject(
        root,
        files,
        declared=[("model", "model.onnx", None), ("evaluation", "eval.csv", None), ("training", "train.csv", None)],
        model="model.onnx",
        model_format="onnx",
        provenance={"evaluation": "p.json", "training": "p.json"},
        quasi_identifiers=("sex", "age"),
        documents={**documents, "trial_record": "trial.json"},
        product={"risk_tier": "high"},
        classification={"prohibited_practice": False, "listed": False, "medium_conditions": False},
        trial={"level": 1, "outputs_used": True},
        reference=tuple(ReferenceShare(attribute="sex", category=one, share=0.5) for one in ("f", "m")),
    )
