"""A small submission for benchmarks that are about something else: two numbers, and a fair logistic regression."""

from __future__ import annotations

from pathlib import Path

YAML = """\
schema: proofbox/submission/v1
product:
  name: {name}
  version: 1.0.0
  provider: {{name: Example Ltd, id: "0101234567", country: VN, contact: ai@example.vn}}
  sector: credit
  risk_tier: {tier}
  intended_purpose: Advice to a loan officer
model:
  path: model/model.joblib
  task: binary-classification
  features: [income, debt]
  output: probability
  positive_label: 1
data:
  evaluation: {{path: data/eval.csv, target: approved, sensitive: [sex]}}
"""


def words(name: str = "Small loan model", tier: str = "medium") -> str:
    """Return its ``submission.yaml``."""
    return YAML.format(name=name, tier=tier)


def write(folder: Path, rows: int, text: str) -> None:
    """Write the model, its evaluation data and ``text`` as its ``submission.yaml``; the seed is fixed."""
    import joblib
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(7)
    income, debt = rng.normal(size=rows), rng.normal(size=rows)
    approved = (income - debt + rng.normal(scale=0.3, size=rows) > 0).astype(int)
    sex = np.where(np.arange(rows) % 2 == 0, "male", "female")
    frame = pd.DataFrame({"income": income, "debt": debt, "sex": sex, "approved": approved})
    model = LogisticRegression().fit(frame[["income", "debt"]], frame["approved"])
    for name in ("model", "data"):
        (folder / name).mkdir(parents=True)
    joblib.dump(model, folder / "model/model.joblib")
    frame.to_csv(folder / "data/eval.csv", index=False)
    (folder / "submission.yaml").write_text(text, encoding="utf-8")
