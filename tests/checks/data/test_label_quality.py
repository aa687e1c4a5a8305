import numpy as np
import pytest

from proofbox.checks.data.label_quality import confident_joint

CHECK = "data.label_quality"


@pytest.fixture
def label(measures, data):
    def found(columns, **more):
        return measures(CHECK, data=data(columns, features=("a", "b"), target="y"), **more)

    return found


def blobs(n, seed, wrong=0.0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    columns = {"a": 4.0 * y + rng.normal(size=n), "b": rng.normal(size=n), "y": y.copy()}
    flipped = rng.permutation(n)[: round(wrong * n)]
    columns["y"][flipped] = (columns["y"][flipped] + 1) % 3
    return columns, set(flipped.tolist())


def test_perfect_clean_labels(label):
    found = label(blobs(900, 1)[0])
    assert found["conflicting_label_share"].value == 0
    assert found["label_error_share"].value < 0.05


@pytest.mark.parametrize("wrong", [0.05, 0.15])
def test_middle_planted_errors_are_estimated_and_pointed_at(label, wrong):
    columns, flipped = blobs(2_000, 2, wrong)
    found = label(columns)["label_error_share"]
    assert found.value == pytest.approx(wrong, abs=0.025)
    assert found.interval.low < found.value < found.interval.high
    shown = found.detail["most_doubtful_rows"]
    assert len(shown) == 20
    assert len(flipped & set(shown)) >= 19


def test_worst_labels_at_random(label):
    columns, _ = blobs(900, 3)
    columns["y"] = np.random.default_rng(4).integers(0, 3, 900)
    assert label(columns)["label_error_share"].value > 0.4


def test_500_conflicting_rows_are_counted_exactly(label):
    cases = np.repeat(np.arange(500), 3)
    columns = {"a": cases, "b": cases * 0 + 1, "y": np.tile([0, 0, 1], 500)}
    found = label(columns)["conflicting_label_share"]
    assert found.detail["rows"] == 500
    assert found.detail["cases_with_several_labels"] == 500
    assert found.value == pytest.approx(1 / 3)
    assert found.interval is None


def test_the_joint_table_by_hand():
    """Two classes; the thresholds are 0.6 (mean of 0.9, 0.8, 0.1) and 0.7 (mean of 0.9, 0.5)."""
    labels = np.array([0, 0, 0, 1, 1])
    p = np.array([0.9, 0.8, 0.1, 0.1, 0.5])
    joint, likely = confident_joint(labels, np.column_stack([p, 1 - p]))
    assert likely.tolist() == [0, 0, 1, 1, -1]
    # Row 0: two rows on the diagonal, one off, of three. Row 1: its one counted row stands for both.
    assert joint == pytest.approx(np.array([[2 / 5, 1 / 5], [0, 2 / 5]]))


def test_the_joint_table_agrees_with_cleanlab():
    """cleanlab 2.9 counts these rows from the same labels and probabilities, and rounds the joint to whole rows."""
    rng = np.random.default_rng(12)
    truth = rng.integers(0, 3, 600)
    labels = np.where(rng.random(600) < 0.1, (truth + 1) % 3, truth)
    logits = rng.normal(size=(600, 3))
    logits[np.arange(600), truth] += 2.5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    joint, likely = confident_joint(labels, probabilities)
    counted = np.bincount(labels[likely >= 0] * 3 + likely[likely >= 0], minlength=9).reshape(3, 3)
    assert counted.tolist() == [[123, 1, 13], [17, 114, 1], [0, 8, 143]]
    rounded = np.array([[176, 1, 19], [23, 151, 1], [0, 12, 217]]) / 600
    assert joint == pytest.approx(rounded, abs=0.5 / 600)


def test_training_data_and_files_without_a_model(measures, data):
    columns, _ = blobs(300, 5, 0.1)
    ids = {"id": np.arange(300)}
    found = measures(
        CHECK,
        params={"role": "training"},
        data=data(columns, target="y"),
        training=data(columns | ids, target="y", role="training", id_columns=("id",)),
    )
    assert found["conflicting_label_share"].detail["features"] == ["a", "b"]
    assert found["label_error_share"].detail["role"] == "training"


def test_contradictions_alone_are_counted_where_no_estimate_is_asked_for(label):
    assert set(label(blobs(900, 1)[0], params={"estimate_errors": False})) == {"conflicting_label_share"}


def test_degenerate_few_rows_or_rare_classes_give_the_exact_count_alone(label):
    columns = {"a": [1, 2, 3, 1], "b": [0, 0, 0, 0], "y": [0, 1, 0, 1]}
    found = label(columns)
    assert set(found) == {"conflicting_label_share"}
    assert found["conflicting_label_share"].value == 0.25


def test_inapplicable_with_reasons(why, data):
    assert "no column of true labels" in why(CHECK, data=data({"a": [1, 2]}, features=("a",)))
    assert "one value" in why(CHECK, data=data({"a": [1, 2], "y": [1, 1]}, features=("a",), target="y"))
    assert "no classes" in why(CHECK, data=data({"a": range(99), "y": range(99)}, features=("a",), target="y"))
    assert "no column from which" in why(CHECK, data=data({"y": [1, 0]}, target="y"))
    assert "no training" in why(CHECK, params={"role": "training"}, data=data({"y": [1, 0]}, target="y"), training=None)
