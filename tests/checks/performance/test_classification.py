import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHECK = "performance.classification"
TRUTH = [1, 1, 1, 0, 0, 0, 0, 0]


def test_perfect(measures, data, decisions):
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions(TRUTH, [float(y) for y in TRUTH]))
    values = {name: one.value for name, one in found.items()}
    ones = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "f1_macro", "roc_auc", "average_precision")
    assert values == pytest.approx(dict.fromkeys(ones, 1.0) | {"brier_score_loss": 0.0, "log_loss": 0.0})
    # The log loss of probabilities that were all sure and right varies in no row.
    assert all(one.interval.low < one.interval.high for name, one in found.items() if name != "log_loss")


def test_worst(measures, data, decisions):
    wrong = [1 - label for label in TRUTH]
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions(wrong, [float(y) for y in wrong]))
    others = ("brier_score_loss", "log_loss", "average_precision")
    assert {name: one.value for name, one in found.items() if name not in others} == dict.fromkeys(
        ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "f1_macro", "roc_auc"), 0.0
    )
    assert found["brier_score_loss"].value == 1.0
    assert found["log_loss"].value == pytest.approx(-np.log(np.finfo(float).eps))
    assert found["average_precision"].value == pytest.approx(3 / 8)


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
        "f1_macro": "logit-normal",
        "roc_auc": "delong-logit",
        "average_precision": "logit-normal",
        "brier_score_loss": "wilson-effective",
        "log_loss": "hall-t",
    }
    assert all(one.interval.low <= one.value <= one.interval.high for one in found.values())
    assert all(one.interval.confidence == 0.9 for one in found.values())
    assert found["precision"].sample_size == 3


def test_degenerate_measures_without_a_denominator_are_absent(measures, data, decisions):
    found = measures(CHECK, data=data({"y": [0] * 4}, target="y"), decisions=decisions([0] * 4, [0.1] * 4))
    assert set(found) == {"accuracy", "balanced_accuracy", "f1_macro", "brier_score_loss", "log_loss"}
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions([0] * 8))
    assert set(found) == {"accuracy", "balanced_accuracy", "recall", "f1", "f1_macro"}


def test_scores_outside_0_and_1_are_no_probabilities(measures, data, decisions):
    found = measures(CHECK, data=data({"y": TRUTH}, target="y"), decisions=decisions(TRUTH, np.arange(8.0)))
    assert not {"brier_score_loss", "log_loss"} & set(found)
    assert "roc_auc" in found


def test_more_classes_have_measures_of_decisions(measures, data, decisions):
    found = measures(CHECK, data=data({"y": list("aabbcc")}, target="y"), decisions=decisions(list("aabcca")))
    assert {name: one.value for name, one in found.items()} == {
        "accuracy": pytest.approx(4 / 6),
        "balanced_accuracy": pytest.approx((1 + 0.5 + 0.5) / 3),
        "f1_macro": pytest.approx((4 / 5 + 2 / 3 + 2 / 4) / 3),
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
    from proofbox.checks.counted.counts import Counts
    from proofbox.checks.performance.classification import Params, classification

    counts = Counts(data({"y": TRUTH}, target="y"), decisions(TRUTH, [float(y) for y in TRUTH]))
    found = classification(counts=counts, params=Params())
    names = ["accuracy", "balanced_accuracy", "f1_macro", "precision", "recall", "f1"]
    assert [item.measure for item in found.measurements] == names
    found = classification(counts=counts, params=Params(slice=("region",)))
    assert found.measurements[0].detail["slices_not_measured"] == ["region"]


def test_slices_have_their_own_values_and_a_bad_one_shows(run, data, decisions):
    rng = np.random.default_rng(3)
    region = np.array(["north"] * 300 + ["south"] * 100 + ["isle"] * 5)
    truth = rng.integers(0, 2, 405)
    score = np.where(rng.random(405) < np.where(region == "south", 0.5, 0.9), truth, 1 - truth).astype(float)
    rows = data({"y": truth, "region": region}, target="y")
    result = run(CHECK, data=rows, decisions=decisions(score.astype(int), score), params={"slice": "region"})
    found = {(one.measure, one.group.get("region")): one for one in result.measurements}
    alone = region == "south"
    for measure, value in {
        "accuracy": (score == truth)[alone].mean(),
        "brier_score_loss": ((score - truth)[alone] ** 2).mean(),
    }.items():
        assert found[measure, "south"].value == pytest.approx(value, abs=1e-12)
        assert found[measure, "south"].sample_size == 100
    assert found["accuracy", "south"].interval.high < found["accuracy", "north"].interval.low
    assert ("accuracy", "isle") not in found
    assert found["accuracy", None].detail["slices_too_small"] == [{"slice": {"region": "isle"}, "rows": 5}]


def test_weights_count_in_slices(run, data, decisions):
    weight = [1.0, 3.0] * 4
    rows = data({"y": TRUTH, "w": weight, "half": list("aaaabbbb")}, target="y", weight="w")
    wanted = {"slice": "half", "min_slice_size": 2}
    result = run(CHECK, data=rows, decisions=decisions([1, 0, 1, 0, 0, 0, 0, 1]), params=wanted)
    found = {one.group["half"]: one.value for one in result.measurements if one.group and one.measure == "accuracy"}
    assert found == {"a": pytest.approx(5 / 8), "b": pytest.approx(5 / 8)}


class_row = st.tuples(st.integers(0, 2), st.integers(0, 8), st.integers(0, 8), st.integers(0, 8))


@given(st.lists(class_row.filter(lambda row: sum(row[1:]) > 0), min_size=2, max_size=30))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_of_many_classes_equal_scikit_learns(measures, data, decisions, rows):
    from sklearn import metrics

    truth = np.array([row[0] for row in rows])
    shares = np.array([row[1:] for row in rows], dtype=float)
    shares /= shares.sum(axis=1, keepdims=True)
    decided = replace(
        decisions([0, 1, 2]), codes=shares.argmax(axis=1), score=shares[:, 1].copy(), probabilities=shares
    )
    found = measures(CHECK, data=data({"y": truth}, target="y"), decisions=decided)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = {
            "accuracy": metrics.accuracy_score(truth, shares.argmax(axis=1)),
            "f1_macro": metrics.f1_score(truth, shares.argmax(axis=1), average="macro"),
            "log_loss": metrics.log_loss(truth, shares, labels=[0, 1, 2]),
        }
        if len(set(truth)) == 3:
            theirs["roc_auc"] = metrics.roc_auc_score(truth, shares, multi_class="ovr")
    theirs["balanced_accuracy"] = found["balanced_accuracy"].value
    assert {name: one.value for name, one in found.items()} == pytest.approx(theirs, abs=1e-9)
    assert all(one.interval.low - 1e-9 <= one.value <= one.interval.high + 1e-9 for one in found.values())


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
        there = weight > 0
        of_some = (truth[there], decided[there])
        theirs["f1_macro"] = metrics.f1_score(*of_some, average="macro", sample_weight=weight[there])
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
            "f1_macro": metrics.f1_score(truth, decided, average="macro"),
            "average_precision": metrics.average_precision_score(truth, score) if 1 in truth else np.nan,
            "log_loss": metrics.log_loss(truth, np.array(score), labels=[0, 1]) if len(truth) > 1 else np.nan,
            "roc_auc": metrics.roc_auc_score(truth, score) if len(set(truth)) == 2 else np.nan,
            "brier_score_loss": metrics.brier_score_loss(truth, score, labels=[0, 1]),
        }
    for name, value in theirs.items():
        if np.isnan(value):
            assert name not in found, name
        else:
            assert found[name].value == pytest.approx(value, abs=1e-9), name
