import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.subject import Decisions

CHECK = "privacy.membership_inference"


def draw(n, seed, *, noise=1.0):
    rng = np.random.default_rng(seed)
    columns = {"a": rng.normal(size=n), "b": rng.normal(size=n), "c": rng.choice(["x", "y"], n)}
    columns["y"] = (columns["a"] + noise * rng.normal(size=n) > 0).astype(int)
    return columns


def honest(table):
    return 1 / (1 + np.exp(-2 * table.column("a").to_numpy()))


def memory(training):
    """A model that knows the answer of each training row by heart and guesses the others."""
    known = dict(zip(training["a"], training["y"], strict=True))

    def score(table):
        return np.array([0.98 if known.get(a) == 1 else 0.02 if a in known else 0.5 + 0.3 * np.tanh(a)
                         for a in table.column("a").to_pylist()])  # fmt: skip

    return score


@pytest.fixture
def attack(measures, data, model):
    def found(training, evaluation, score, **params):
        names = ("a", "b", "c")
        return measures(
            CHECK,
            params=params,
            model=model(score, names),
            data=data(evaluation, features=names, target="y"),
            training=data(training, features=names, target="y", role="training"),
        )

    return found


def test_perfect_an_honest_model_gives_nobody_away(attack):
    found = attack(draw(900, 1), draw(900, 2), honest)
    for measure in ("attack_auc", "calibrated_attack_auc", "baseline_auc"):
        assert found[measure].interval.low < 0.5 < found[measure].interval.high, measure
    assert found["attack_auc"].detail["signal"] == "probability of the true label"
    assert found["attack_auc"].detail["members_found_at_one_false_alarm_in_100"] < 0.05


def test_worst_a_model_that_learnt_by_heart_is_caught(attack):
    training = draw(800, 1)
    found = attack(training, draw(800, 2), memory(training))
    assert found["attack_auc"].interval.low > 0.9
    assert found["calibrated_attack_auc"].interval.low > 0.6
    assert found["baseline_auc"].interval.low < 0.5 < found["baseline_auc"].interval.high
    assert found["attack_auc"].detail["members_found_at_one_false_alarm_in_100"] > 0.5


def test_middle_easier_training_data_are_no_memory(attack):
    """The plain attack is fooled by two files of different difficulty; calibrated against the shadows it is less so."""
    found = attack(draw(2000, 1, noise=0.2), draw(2000, 2, noise=2.5), honest)
    assert found["attack_auc"].interval.low > 0.6
    assert found["baseline_auc"].interval.low > 0.6
    assert abs(found["calibrated_attack_auc"].value - 0.5) < abs(found["attack_auc"].value - 0.5) / 2


def test_labels_alone_scores_without_a_scale_and_numbers_are_attacked_too(measures, data):
    training, evaluation = draw(400, 1), draw(400, 2)
    known = dict(zip(training["a"], training["y"], strict=True))
    regression = [
        {**one, "y": one["a"] + np.random.default_rng(n).normal(size=400)}
        for n, one in enumerate((training, evaluation))
    ]
    values = dict(zip(regression[0]["a"], regression[0]["y"], strict=True))

    class Answers:
        features = ("a", "b", "c")

        def __init__(self, classes, codes, score):
            self.parts = classes, codes, score

        def predict(self, rows):
            at = rows.column("a").to_pylist()
            classes, codes, score = self.parts
            return Decisions(
                classes=classes,
                codes=np.array([codes(a) for a in at]),
                score=None if score is None else np.array([float(score(a)) for a in at]),
                positive_label="1",
                source="model",
            )

    kinds = {
        "right or wrong": (Answers(("0", "1"), lambda a: known.get(a, 0), None), training, evaluation),
        "score on the side of the true label": (
            Answers(("0", "1"), lambda a: 0, lambda a: 9 * (2 * known[a] - 1) if a in known else a),
            training,
            evaluation,
        ),
        "error": (Answers((), lambda a: 0, lambda a: values.get(a, a)), *regression),
    }
    for kind, (asked, first, second) in kinds.items():
        found = measures(
            CHECK,
            model=asked,
            data=data(second, features=asked.features, target="y"),
            training=data(first, features=asked.features, target="y", role="training"),
        )
        assert found["attack_auc"].detail["signal"] == kind
        assert found["attack_auc"].interval.low > 0.55, kind


def test_evaluation_rows_that_are_members_are_left_out(attack):
    training, evaluation = draw(400, 1), draw(400, 2)
    for name in training:
        evaluation[name][:100] = training[name][:100]
    found = attack(training, evaluation, honest)
    assert found["attack_auc"].detail["evaluation_rows_left_out_as_members"] == 100
    assert found["attack_auc"].sample_size == 700


def test_only_so_many_rows_are_asked_about_in_two_calls(measures, data, model):
    asked = model(honest, ("a", "b", "c"))
    given = [data(draw(500, n), features=asked.features, target="y") for n in (1, 2)]
    found = measures(CHECK, params={"most_rows": 100}, model=asked, data=given[0], training=given[1])
    assert found["attack_auc"].sample_size == 200
    assert sum(asked.batches) == 200


def test_training_numbers_may_be_whole_where_the_others_are_not(attack):
    training = draw(200, 1) | {"b": np.arange(200)}
    assert attack(training, draw(200, 2), honest)["attack_auc"].sample_size == 400


def test_inapplicable_with_reasons(why, data, model):
    asked = model(honest, ("a", "b", "c"))
    names = asked.features

    def said(evaluation, training):
        return why(CHECK, model=asked, data=evaluation, training=training)

    good = data(draw(100, 1), features=names, target="y")
    assert "no training data" in said(good, None)
    assert "no column of true labels" in said(good, data(draw(100, 2), features=names))
    less = {name: values for name, values in draw(100, 2).items() if name != "b"}
    assert "no column b" in said(good, data(less, target="y", role="training"))
    assert "fewer than 50" in said(good, data(draw(20, 2), target="y"))
    assert "nearly all" in said(good, data(draw(100, 1), target="y"))
    one = draw(100, 2) | {"y": np.ones(100, dtype=int)}
    other = draw(100, 3) | {"y": np.ones(100, dtype=int)}
    assert "too rare" in said(data(one, features=names, target="y"), data(other, target="y"))
    assert "no rows" in said(data({"a": pa.array([], pa.float64())}), None)
    texts = draw(100, 2) | {"b": ["x"] * 100}
    assert "b is of one type" in said(good, data(texts, target="y"))
