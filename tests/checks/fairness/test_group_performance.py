import numpy as np
import pytest

from proofbox.checks.statistics.metricframe import LOSSES

CHECK = "fairness.group_performance"
PARAMS = {"attribute": "g", "resamples": 40}


def test_perfect_decisions_have_no_shortfall_and_an_interval_that_is_no_point(measures, data, decisions):
    truth = [0, 1] * 60
    found = measures(CHECK, params=PARAMS, data=data({"g": ["a", "b", "b"] * 40, "y": truth}, target="y"),
                     decisions=decisions(truth))  # fmt: skip
    assert found["worst_group_shortfall"].value == 0.0
    assert found["group_performance_difference"].value == 0.0
    # Nobody erred among forty; that they cannot err has not been shown.
    assert found["worst_group_shortfall"].interval.high > 0.01


def test_worst_one_group_is_always_wrong(measures, data, decisions):
    group, truth = ["a"] * 50 + ["b"] * 50, [0, 1] * 50
    decided = truth[:50] + [1 - label for label in truth[50:]]
    found = measures(
        CHECK, params=PARAMS, data=data({"g": group, "y": truth}, target="y"), decisions=decisions(decided)
    )
    assert found["worst_group_shortfall"].value == 0.5
    assert found["worst_group_shortfall"].detail["worst"] == {"g": "b"}
    assert found["group_performance_difference"].value == 1.0
    loss = measures(CHECK, params={**PARAMS, "metric": "zero_one_loss"},
                    data=data({"g": group, "y": truth}, target="y"), decisions=decisions(decided))  # fmt: skip
    assert loss["worst_group_shortfall"].value == 0.5
    assert loss["worst_group_shortfall"].detail["worst"] == {"g": "b"}


@pytest.mark.parametrize(
    "metric",
    ["accuracy_score", "balanced_accuracy_score", "cohen_kappa_score", "matthews_corrcoef", "zero_one_loss", "f1_score",
     "jaccard_score", "precision_score", "recall_score", "roc_auc_score", "average_precision_score", "brier_score_loss",
     "log_loss", "r2_score", "explained_variance_score", "mean_absolute_error", "mean_squared_error", "max_error",
     "mean_absolute_percentage_error", "mean_squared_log_error", "median_absolute_error", "root_mean_squared_error"],
)  # fmt: skip
def test_middle_values_equal_fairlearns_metric_frame(run, data, decisions, numbers, metric):
    from fairlearn.metrics import MetricFrame
    from sklearn import metrics

    rng = np.random.default_rng(7)
    group = rng.choice(list("abc"), 300)
    chance = rng.beta(2, 2, 300)
    if metric in ("r2_score", "explained_variance_score", "max_error") or metric.startswith(("mean", "median", "root")):
        truth = rng.lognormal(1, 0.4, 300)
        answer, given = truth * rng.normal(1, 0.1, 300).clip(0.5), None
        decided = numbers(answer)
    else:
        truth, given = (rng.random(300) < chance).astype(int), (chance >= 0.5).astype(int)
        decided = decisions(given, chance)
        answer = (
            chance if metric.endswith(("auc_score", "log_loss", "brier_score_loss")) or "average" in metric else given
        )
    result = run(CHECK, params={"attribute": "g", "metric": metric, "resamples": 20},
                 data=data({"g": group, "y": truth}, target="y"), decisions=decided)  # fmt: skip
    frame = MetricFrame(metrics=getattr(metrics, metric), y_true=truth, y_pred=answer, sensitive_features=group)
    for found in result.measurements:
        if found.group:
            assert found.value == pytest.approx(frame.by_group[found.group["g"]], abs=1e-9)
        elif found.measure == "group_performance_difference":
            assert found.value == pytest.approx(frame.difference(), abs=1e-9)
        else:
            worst = frame.by_group.max() - frame.overall if metric in LOSSES else frame.overall - frame.by_group.min()
            assert found.value == pytest.approx(worst, abs=1e-9)


@pytest.mark.parametrize("metric", ["accuracy_score", "f1_score", "roc_auc_score", "mean_absolute_error"])
def test_weights_are_given_to_the_metric(measures, data, decisions, numbers, metric):
    from fairlearn.metrics import MetricFrame
    from sklearn import metrics

    rng = np.random.default_rng(5)
    group, weight, chance = rng.choice(["a", "b"], 200), rng.integers(0, 4, 200).astype(float), rng.random(200)
    truth = rng.integers(0, 2, 200)
    decided = numbers(chance) if metric.startswith("mean") else decisions((chance >= 0.5).astype(int), chance)
    answer = chance if metric in ("roc_auc_score", "mean_absolute_error") else chance >= 0.5
    given = data({"g": group, "y": truth, "w": weight}, target="y", weight="w")
    found = measures(CHECK, params={**PARAMS, "metric": metric, "resamples": 20}, data=given, decisions=decided)
    frame = MetricFrame(metrics=getattr(metrics, metric), y_true=truth, y_pred=answer, sensitive_features=group,
                        sample_params={"sample_weight": weight})  # fmt: skip
    assert found["group_performance_difference"].value == pytest.approx(frame.difference(), abs=1e-9)


def test_classes_may_be_many(measures, data, classes):
    from sklearn.metrics import balanced_accuracy_score

    rng = np.random.default_rng(1)
    group, truth, decided = rng.choice(["a", "b"], 200), rng.choice(list("xyz"), 200), rng.choice(list("xyz"), 200)
    given = data({"g": group, "y": truth}, target="y", positive_label="x")
    params = {**PARAMS, "metric": "balanced_accuracy_score"}
    found = measures(CHECK, params=params, data=given, decisions=classes(decided))
    expected = [balanced_accuracy_score(truth[group == name], decided[group == name]) for name in "ab"]
    assert found["group_performance_difference"].value == pytest.approx(np.ptp(expected), abs=1e-9)


def test_the_interval_of_accuracy_is_near_the_one_made_for_it(measures, data, decisions):
    rng = np.random.default_rng(2)
    group, truth = rng.choice(["a", "b"], 2000), rng.integers(0, 2, 2000)
    decided = np.where(rng.random(2000) < np.where(group == "a", 0.1, 0.25), 1 - truth, truth)
    rows = {"data": data({"g": group, "y": truth}, target="y"), "decisions": decisions(decided)}
    ours = measures(CHECK, params={"attribute": "g", "resamples": 400}, **rows)["group_performance_difference"].interval
    made = measures("fairness.group_accuracy", params={"attribute": "g"}, **rows)["accuracy_difference"].interval
    assert ours.low == pytest.approx(made.low, abs=0.01)
    assert ours.high == pytest.approx(made.high, abs=0.01)


def test_many_rows_are_drawn_fewer_times_and_the_detail_says_how_often(measures, data, decisions, monkeypatch):
    import proofbox.checks.statistics.metricframe as drawn

    monkeypatch.setattr(drawn, "MOST_ROWS_DRAWN", 5_000)
    rng = np.random.default_rng(6)
    group, truth, score = rng.choice(["a", "b"], 100), rng.integers(0, 2, 100), rng.random(100)
    given = data({"g": group, "y": truth}, target="y")
    decided = decisions((score >= 0.5).astype(int), score)
    for metric, times in (("roc_auc_score", 50), ("accuracy_score", 60)):
        params = {"attribute": "g", "metric": metric, "resamples": 60}
        found = measures(CHECK, params=params, data=given, decisions=decided)["worst_group_shortfall"]
        assert found.detail["resamples"] == times


def test_degenerate_a_group_of_one_class_has_no_area_and_is_named(measures, data, decisions):
    group, truth = ["a", "b", "c"] * 40, [0, 1, 1, 1, 0, 1] * 20
    score = np.random.default_rng(3).random(120)
    given = data({"g": group, "y": truth}, target="y")
    params = {**PARAMS, "metric": "roc_auc_score"}
    found = measures(CHECK, params=params, data=given, decisions=decisions((score >= 0.5).astype(int), score))
    assert found["worst_group_shortfall"].detail["groups_without_this_metric"] == [{"g": "c"}]


def test_inapplicable(why, data, decisions, numbers):
    group = ["a", "b"] * 40
    given = data({"g": group, "y": [0, 1] * 40}, target="y")
    assert "no true labels" in why(CHECK, params=PARAMS, data=data({"g": group}), decisions=decisions([0, 1] * 40))
    assert "numbers, not decisions" in why(CHECK, params=PARAMS, data=given, decisions=numbers([0.5] * 80))
    params = {**PARAMS, "metric": "roc_auc_score"}
    assert "no probabilities" in why(CHECK, params=params, data=given, decisions=decisions([0, 1] * 40))
    params = {**PARAMS, "metric": "r2_score"}
    assert "between classes, not numbers" in why(CHECK, params=params, data=given, decisions=decisions([0, 1] * 40))
    texts = data({"g": group, "y": ["x", "y"] * 40}, target="y")
    assert "true values are no numbers" in why(CHECK, params=params, data=texts, decisions=numbers([0.5] * 80))
    weighted = data({"g": group, "y": [0.0, 1.0] * 40, "w": [1.0] * 80}, target="y", weight="w")
    params = {**PARAMS, "metric": "max_error"}
    said = why(CHECK, params=params, data=weighted, decisions=numbers([0.5] * 80))
    assert said == "max error knows no sample weights, and the rows carry some"
