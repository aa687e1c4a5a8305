"""Fitted scikit-learn models as checks are given them, and a run of one perturbation check."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.errors import ModelFailedError
from proofbox.checks.subject import Decisions


class Fitted:
    """A fitted classifier, asked with a pandas frame; an error of its own is a refusal, as behind the walls."""

    def __init__(self, estimator, features):
        self.estimator, self.features = estimator, features
        self.batches = []

    def predict(self, rows):
        self.batches.append(rows.num_rows)
        plain = [one.cast(pa.string()) if pa.types.is_dictionary(one.type) else one for one in rows.columns]
        frame = pa.table(plain, names=rows.column_names).to_pandas()
        try:
            score = self.estimator.predict_proba(frame)[:, 1]
        except ValueError as err:
            raise ModelFailedError(str(err)[:80], "raised") from err
        codes = (score >= 0.5).astype(np.int64)
        return Decisions(classes=("0", "1"), codes=codes, score=score, positive_label="1", source="model")

    def restart(self):
        pass


@pytest.fixture
def fitted():
    return Fitted


@pytest.fixture
def perturb(run):
    """Run a perturbation check of a model and return its measurements by name, and its counterexamples."""

    def perturb_of(check, asked, given, params=None, seed=7):
        decided = asked.predict(given.feature_table())
        asked.batches.clear()
        result = run(check, params=params, data=given, model=asked, decisions=decided, seed=seed)
        return {found.measure: found for found in result.measurements}, result.counterexamples

    return perturb_of
