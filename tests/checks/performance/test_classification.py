import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHECK = "performance.classification"
TRUTH = [1, 1, 1, 0, 0, 0, 0, 0]


def test_perfect(measures, data, decisions):
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions(TRUTH, [float(y) for y in TRUTH]))
    values = {name: one.value for name, one in found.items()}
    ones = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc")
    assert values == dict.fromkeys(ones, 1.0) | {"brier_score_loss": 0.0}
    assert all(one.interval.low < one.interval.high for one in found.values())


def test_worst(measures, data, decisions):
    wrong = [1 - label for label in TRUTH]
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions(wrong, [float(y) for y in wrong]))
    assert {name: one.value for name, one in found.items() if name != "brier_score_loss"} == dict.fromkeys(
        ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc"), 0.0
    )
    assert found["brier_score_loss"].value == 1.0


def test_middle_names_the_interval_of_each(measures, data, decisions):
    found = measures(
        CHECK,
        data=data({"y": TRUTH}, target="y"),
        decisions=decisions([1, 1, 0, 1, 0, 0, 0, 0], [0.9, 0.8, 0.3, 0.7, 0.2, 0.1, 0.4, 0.1]),
        params={"confidence": 0.9},
    )
    assert {name: one.interval.method for name, one in found.items()} == {
        "accuracy": "wilson",
        "balanced_accuracy": "mover-wilson",
        "precision": "wilson",
        "recall": "wilson",
        "f1": "wilson-transformed",
        "roc_auc": "delong-logit",
        "brier_score_loss": "wilson-effective",
    }
    assert all(one.interval.low <= one.value <= one.interval.high for one in found.values())
    assert all(one.interval.confidence == 0.9 for one in found.values())
    assert found["precision"].sample_size == 3


def test_degenerate_measures_without_a_denominator_are_absent(measures, data, decisions):
    found = measures(CHECK, data=data({"y": [0] * 4}, target="y"), decisions=decisions([0] * 4, [0.1] * 4))
    assert set(found) == {"accuracy", "balanced_accuracy", "brier_score_loss"}
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions([0] * 8))
    assert set(found) == {"accuracy", "balanced_accuracy", "recall", "f1"}


def test_scores_outside_0_and_1_are_no_probabilities(measures, data, decisions):
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions(TRUTH, np.arange(8.0)))
    assert "brier_score_loss" not in found
    assert "roc_auc" in found


def test_more_classes_have_accuracy_and_balanced_accuracy(measures, data, decisions):
    found = measures(CHECK, data=data({"y": list("aabbcc")}, target="y"), decisions=decisions(list("aabcca")))
    assert {name: one.value for name, one in found.items()} == {
        "accuracy": pytest.approx(4 / 6),
        "balanced_accuracy": pytest.approx((1 + 0.5 + 0.5) / 3),
    }


def test_rows_without_a_true_label_are_left_out_and_counted(measures, why, data, decisions):
    found = measures(CHECK, data=data({"y": [1, None, 0]}, target="y"), decisions=decisions([1, 1, 0]))
    assert (found["accuracy"].value, found["accuracy"].sample_size) == (1.0, 2)
    assert found["accuracy"].detail["rows_without_true_label"] == 1
    empty = data({"y": np.array([np.nan, np.nan])}, target="y")
    assert why(CHECK, data=empty, decisions=decisions([1, 0])) == "no row has a true label"


def test_inapplicable(why, data, decisions):
    assert "no true labels" in why(CHECK, data=data({"x": TRUTH}), decisions=decisions(TRUTH))
    nobody = data({"y": TRUTH, "w": [0.0] * 8}, target="y", weight="w")
    assert "no row with a true label has a weight" in why(CHECK, data=nobody, decisions=decisions(TRUTH))
    assert "are numbers" in why(CHECK, data=data({"y": TRUTH}, target="y"), decisions=numbers(decisions))


def numbers(decisions):
    predicted = decisions(TRUTH, [0.5] * 8)
    object.__setattr__(predicted, "classes", ())
    return predicted


def test_rows_that_are_too_many_to_hold_are_measured_without_their_scores(data, decisions):
    from proofbox.checks.counts import Counts
    from proofbox.checks.performance.classification import Params, classification

    counts = Counts(data({"y": TRUTH}, target="y"), decisions(TRUTH, [float(y) for y in TRUTH]))
    found = classification(counts=counts, params=Params())
    names = ["accuracy", "balanced_accuracy", "precision", "recall", "f1"]
    assert [item.measure for item in found.measurements] == names


weighted_row = st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([0.0, 0.25, 1.0, 7.5]))


@given(st.lists(weighted_row, min_size=1, max_size=40), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_weighted_values_equal_scikit_learns(run, data, decisions, rows, two_classes):
    from sklearn import metrics

    truth, decided, weight = (np.array(column) for column in zip(*rows, strict=True))
    if two_classes:
        truth, decided = np.minimum(truth, 1), np.minimum(decided, 1)
    given_rows = data({"y": truth, "w": weight}, target="y", weight="w")
    result = run(CHECK, data=given_rows, decisions=decisions(decided.tolist(), weight))
    if not weight.sum():
        assert "weight above 0" in str(result.reason)
        return
    found = {item.measure: item for item in result.measurements}
    about = {"sample_weight": weight}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = {"accuracy": metrics.accuracy_score(truth, decided, **about)}
        members = [(truth == one) for one in set(truth) if weight[truth == one].sum()]
        recalls = [metrics.accuracy_score(truth[one], decided[one], sample_weight=weight[one]) for one in members]
        theirs["balanced_accuracy"] = np.mean(recalls)
        if not (2 in truth or 2 in decided):
            theirs |= {
                "precision": metrics.precision_score(truth, decided, zero_division=np.nan, **about),
                "recall": metrics.recall_score(truth, decided, zero_division=np.nan, **about),
                "f1": metrics.f1_score(truth, decided, zero_division=np.nan, **about),
            }
    expected = {name: value for name, value in theirs.items() if not np.isnan(value)}
    assert {name: item.value for name, item in found.items()} == pytest.approx(expected, abs=1e-9)
    assert found["accuracy"].sample_size == len(rows)


row = st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 10))


@given(st.lists(row, min_size=1, max_size=40))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_equal_scikit_learns(measures, data, decisions, rows):
    from sklearn import metrics

    truth, decided, tenths = (list(column) for column in zip(*rows, strict=True))
    score = [tenth / 10 for tenth in tenths]
    found = measures(CHECK, data=data({"y": truth}, target="y"), decisions=decisions(decided, score))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = {
            "accuracy": metrics.accuracy_score(truth, decided),
            "balanced_accuracy": metrics.balanced_accuracy_score(truth, decided),
            "precision": metrics.precision_score(truth, decided, zero_division=np.nan),
            "recall": metrics.recall_score(truth, decided, zero_division=np.nan),
            "f1": metrics.f1_score(truth, decided, zero_division=np.nan),
            "roc_auc": metrics.roc_auc_score(truth, score) if len(set(truth)) == 2 else np.nan,
            "brier_score_loss": metrics.brier_score_loss(truth, score, labels=[0, 1]),
        }
    for name, value in theirs.items():
        if np.isnan(value):
            assert name not in found, name
        else:
            assert found[name].value == pytest.approx(value, abs=1e-9), name
