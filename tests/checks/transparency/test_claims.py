import json
import time

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score

from proofbox.checks.subject import Decisions

CHECK = "transparency.claims"
N = 400


@pytest.fixture
def rows():
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, N)
    score = np.clip(truth * 0.5 + rng.normal(0.25, 0.2, N), 0, 1)
    return truth, score


@pytest.fixture
def claims(measures, subject, data, decisions, rows):
    """Return what is measured of these documents: name -> content, for a model that is right in about nine of ten."""
    truth, score = rows

    def found(params=None, recorded=None, **documents):
        files = {f"docs/{name}": content.encode() for name, content in documents.items()}
        who = subject(files, documents={name: f"docs/{name}" for name in documents})
        return measures(
            CHECK,
            params=params,
            subject=who,
            data=data({"y": truth, "x": score}, target="y"),
            decisions=decisions((score >= 0.5).astype(int), None if recorded else score),
        )

    return found


def table(*lines, heads="| Measure | Value |"):
    return "\n".join(["# Performance", "", heads, "|---|---|", *(f"| {name} | {value} |" for name, value in lines)])


def front(*metrics, dataset="{name: eval, split: test}"):
    listed = "\n".join(f"          - {{type: {name}, value: {value}}}" for name, value in metrics)
    return (
        "---\nmodel-index:\n  - name: m\n    results:\n      - task: {type: tabular-classification}\n"
        f"        dataset: {dataset}\n        metrics:\n{listed}\n---\n\n# Card\n"
    )


def values(found):
    return {name: one.value for name, one in found.items()}


def test_perfect_what_is_claimed_was_measured(claims, rows):
    truth, score = rows
    right = accuracy_score(truth, score >= 0.5)
    found = claims(model_card=table(("Accuracy", f"{right:.4f}"), ("ROC AUC", f"{roc_auc_score(truth, score):.4f}")))
    assert found["claim_excess"].value < 0
    assert values(found) | {"claim_excess": 0} == {
        "claim_excess": 0,
        "claims_compared": 2,
        "claims_above_measured": 0,
        "claims_not_compared": 0,
        "figures_unread": 0,
    }
    said = found["claims_compared"].detail["claims"][0]
    assert said["where"] == "docs/model_card:5"
    assert said["measured"] == pytest.approx(right)
    assert said["low"] < right < said["high"]
    assert said["excess"] == pytest.approx(said["claimed"] - said["high"])


def test_worst_every_claim_lies_above(claims):
    found = claims(model_card=table(("Accuracy", "99.9 %"), ("Recall", "1,0"), ("F1", "0.999")))
    assert found["claims_above_measured"].value == 3
    assert found["claim_excess"].value == max(one["excess"] for one in found["claims_above_measured"].detail["claims"])
    assert found["claim_excess"].value > 0.02


def test_middle_one_boast_among_modest_claims_is_named(claims):
    found = claims(model_card=table(("Accuracy", "0.5"), ("Precision", "0.5"), ("Recall", "99.9%")))
    assert found["claims_above_measured"].value == 1
    assert found["claim_excess"].detail["boldest"]["measure"] == "recall"
    assert found["claim_excess"].detail["boldest"]["claimed"] == pytest.approx(0.999)


def test_of_a_measure_of_which_less_is_better_the_lower_claim_is_the_bolder(claims, rows):
    truth, score = rows
    brier = brier_score_loss(truth, score)
    modest = claims(model_card=table(("Brier score", f"{brier + 0.1:.4f}")))
    bold = claims(model_card=table(("Brier score", f"{brier / 2:.4f}")))
    assert modest["claim_excess"].value < 0 < bold["claim_excess"].value
    said = bold["claim_excess"].detail["boldest"]
    assert said["excess"] == pytest.approx(said["low"] - said["claimed"])


@pytest.mark.parametrize("measure", ["Accuracy", "**Accuracy**", "acc", "Độ chính xác", "`accuracy` (test set)"])
@pytest.mark.parametrize("value", ["99.9 %", "99,9%", "0.999", "0,999", "99.9", "**0.999** ± 0.01", "≥ 99,9 phần trăm"])
def test_notations_of_one_claim(claims, measure, value):
    found = claims(model_card=table((measure, value)))
    assert found["claim_excess"].detail["boldest"]["claimed"] == pytest.approx(0.999)
    assert found["claims_above_measured"].value == 1


@pytest.mark.parametrize(
    "heads", ["| Metric | Result |", "| Chỉ số | Giá trị |", "| **Độ đo** | Kết quả (kiểm thử) |", "Measure | Test"]
)
def test_heads_of_a_table_in_both_languages(claims, heads):
    assert claims(model_card=table(("Recall", "0.2"), heads=heads))["claims_compared"].value == 1


def test_the_columns_may_stand_anywhere(claims):
    text = "| # | Split | Metric | n | Value |\n|:-:|--:|---|---|---|\n| 1 | test | Accuracy | 400 | 99.9 % |\n"
    assert claims(model_card=text)["claims_above_measured"].value == 1


def test_the_model_index_of_hugging_face_is_read_with_its_lines(claims):
    found = claims(model_card=front(("accuracy", 0.999), ("f1", '"41,5 %"')))
    assert (found["claims_compared"].value, found["claims_above_measured"].value) == (2, 1)
    assert found["claim_excess"].detail["boldest"]["where"] == "docs/model_card:8"
    assert found["claim_excess"].detail["boldest"]["of"] == "eval test"


def test_a_claim_of_training_data_or_of_another_measure_is_named_and_not_compared(claims):
    text = front(("accuracy", 1.0), dataset="{name: loans, split: train}")
    text += table(("BLEU", "44"), ("Accuracy (training)", "100 %"), ("Recall (tập huấn luyện)", "1"), ("Recall", "0.1"))
    found = claims(model_card=text)
    assert (found["claims_compared"].value, found["claims_not_compared"].value) == (1, 4)
    assert found["claim_excess"].value < 0
    assert [(one["written"], one["because"]) for one in found["claims_not_compared"].detail["claims"]] == [
        ("accuracy", "of training data"),
        ("BLEU", "not measured"),
        ("Accuracy (training)", "of training data"),
        ("Recall (tập huấn luyện)", "of training data"),
    ]


def test_figures_in_running_text_are_named_as_unread(claims):
    text = (
        "# Results\n\nOur accuracy is 99,9 % on all customers.\nIt was made in 1990.5 for 12 % of them.\n"
        "Độ chính xác đạt 0.97.\n\n| Measure | Value |\n|---|---|\n| Recall | see below |\n\n"
        "| | A | B |\n|---|---|---|\n| F1 | 0.9 | 0.8 |\n"
    )
    found = claims(model_card=text)
    assert [one["where"].rpartition(":")[2] for one in found["figures_unread"].detail["unread"]] == [
        "3",
        "5",
        "9",
        "13",
    ]
    assert found["figures_unread"].value == 4
    assert "claim_excess" not in found
    assert found["claims_compared"].value == 0


def test_a_broken_yaml_block_is_named_and_the_rest_is_read(claims):
    text = "---\nmodel-index: &a [*a]\n---\n" + table(("Recall", "99.9 %"))
    found = claims(model_card=text)
    assert found["figures_unread"].value == 1
    assert "docs/model_card:2:14" in found["figures_unread"].detail["unread"][0]["problem"]["values"]["why"]
    assert found["claims_above_measured"].value == 1


@pytest.mark.parametrize(
    "block",
    [
        "model-index: 3",
        "model-index: [1, {results: 2}, {results: [3, {metrics: 4}, {metrics: [5, {type: [6]}, {name: 7}]}]}]",
        "- a list",
        "model-index: [{results: [{dataset: 1, metrics: [{type: accuracy, value: {a: 1}}]}]}]",
        "",
    ],
)
def test_a_yaml_block_of_wrong_shapes_claims_nothing(claims, block):
    found = claims(model_card=f"---\n{block}\n---\n")
    assert found["claims_compared"].value == 0


def bom(*metrics, **changed):
    card = {"quantitativeAnalysis": {"performanceMetrics": list(metrics)}}
    model = {"type": "machine-learning-model", "name": "m", "modelCard": card}
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [model]} | changed, indent=1)


def test_the_figures_of_a_bom_are_claims_too(claims):
    found = claims(
        bom=bom(
            {"type": "accuracy", "value": "0.999", "confidenceInterval": {"lowerBound": "0.99", "upperBound": "1"}},
            {"type": "recall", "value": "0.99", "slice": "men"},
            {"type": "recall"},
        )
    )
    assert (found["claims_compared"].value, found["claims_above_measured"].value) == (1, 1)
    assert found["claim_excess"].detail["boldest"]["where"].startswith("docs/bom:")
    assert found["claims_not_compared"].detail["claims"][0]["part"] == "men"
    assert found["figures_unread"].value == 1


def test_a_bom_that_cannot_be_read_is_named(claims):
    found = claims(bom="{" * 99, model_card=table(("Recall", "0.1")))
    assert found["figures_unread"].detail["unread"][0]["where"] == "docs/bom"
    assert found["claims_compared"].value == 1


def test_without_scores_a_claim_of_the_area_is_not_compared(claims):
    found = claims(recorded=True, model_card=table(("AUC", "0.99"), ("Accuracy", "0.1")))
    assert (found["claims_compared"].value, found["claims_not_compared"].value) == (1, 1)


def test_figures_of_a_regression_are_held_against_its_errors(measures, subject, data):
    rng = np.random.default_rng(3)
    truth = rng.normal(100, 20, N)
    answers = truth + rng.normal(0, 5, N)
    said = Decisions(classes=(), codes=np.zeros(N, dtype=np.int64), score=answers, positive_label="", source="model")
    card = table(("MAE", "1,5"), ("RMSE", "7.5"), ("R²", "0.5"), ("R2", "84"), ("Accuracy", "0.9"))
    who = subject({"c.md": card.encode()}, documents={"model_card": "c.md"})
    found = measures(CHECK, subject=who, data=data({"y": truth}, target="y"), decisions=said)
    by = [(one["written"], one["excess"] > 0) for one in found["claims_compared"].detail["claims"]]
    assert by == [("MAE", True), ("RMSE", False), ("R²", False), ("R2", True)]
    assert found["claim_excess"].detail["boldest"]["claimed"] == 84, "a figure of R squared is no percentage"
    assert found["claims_not_compared"].value == 1


def test_the_confidence_of_the_interval_is_the_policys(claims):
    wide, narrow = (claims({"confidence": level}, model_card=table(("Recall", "99 %"))) for level in (0.999, 0.8))
    assert wide["claim_excess"].value < narrow["claim_excess"].value


def test_inapplicable_without_a_document_or_without_labels(why, subject, data, decisions):
    given = {"data": data({"x": [1, 2]}), "decisions": decisions([0, 1])}
    assert "no model card" in why(CHECK, subject=subject({}), **given)
    who = subject({"c.md": table(("Recall", "1")).encode()}, documents={"model_card": "c.md"})
    assert "no true labels" in why(CHECK, subject=who, **given)


def test_degenerate_long_lines_and_endless_tables_take_no_time(claims):
    start = time.process_time()
    text = (
        "| Measure | Value |\n|---|---|\n" + "| Recall | 0.1 |\n" * 20_000 + "accuracy 0.9 (" * 40_000 + "|-" * 200_000
    )
    found = claims(model_card=text)
    assert found["claims_compared"].value == 20_000
    assert len(found["claims_compared"].detail["claims"]) == 50
    assert time.process_time() - start < 20
