import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

CHECK = "robustness.category_swap"
RNG = np.random.default_rng(9)


@pytest.fixture
def applicants(data):
    """A town that decides, with a rare one, a colour that does not, and a number."""
    town = RNG.choice(["Huế", "Vinh", "Sa Pa"], 800, p=[0.55, 0.42, 0.03])
    colour = RNG.choice(["red", "blue"], 800)
    columns = {"town": list(town), "colour": list(colour), "x": RNG.normal(size=800)}
    return data({**columns, "y": (town == "Huế").astype(int)}, features=tuple(columns), target="y")


def of_town(handle):
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown=handle), ["town", "colour"]), remainder="passthrough"
    )
    return make_pipeline(encoder, LogisticRegression())


def fit(estimator, given):
    import pyarrow as pa

    table = given.feature_table()
    plain = [one.cast(pa.string()) if pa.types.is_dictionary(one.type) else one for one in table.columns]
    return estimator.fit(pa.table(plain, names=table.column_names).to_pandas(), given.table.column("y").to_numpy())


def test_perfect_a_model_that_reads_no_text_stays(perturb, model, applicants):
    asked = model(lambda rows: rows.column("x").to_numpy() > 0, applicants.features)
    found, cases = perturb(CHECK, asked, applicants)
    assert found["category_flip_rate"].value == 0
    assert cases == ()


def test_worst_an_unknown_word_turns_every_decision(perturb, model, applicants):
    def score(rows):
        return [
            "unknown" in town + colour
            for town, colour in zip(rows.column("town").to_pylist(), rows.column("colour").to_pylist(), strict=True)
        ]

    found, cases = perturb(CHECK, model(score, applicants.features), applicants)
    flips = found["category_flip_rate"]
    assert (flips.value, flips.detail["category"]) == (1.0, "unknown")
    assert len(cases[0].changed) == 1


def test_middle_a_fitted_model_that_hangs_on_the_town(perturb, fitted, applicants):
    asked = fitted(fit(of_town("ignore"), applicants), applicants.features)
    found, cases = perturb(CHECK, asked, applicants)
    flips = found["category_flip_rate"]
    by_column = {one["column"]: one["flips"] / one["rows"] for one in flips.detail["columns"]}
    assert by_column["town"] > 0.3
    assert by_column.get("colour", 0) < 0.05
    assert flips.detail["features_with_rare_categories"] == ["town"]
    assert {point["category"] for point in flips.detail["curve"]} == {"unknown", "rare"}
    assert flips.interval.method == "wilson-adjusted-highest"
    assert cases[0].changed == ("town",)
    assert found["category_accuracy_drop"].value > 0.1


def test_a_fitted_model_that_refuses_unknown_words_has_not_failed(perturb, fitted, applicants):
    asked = fitted(fit(of_town("error"), applicants), applicants.features)
    found, _ = perturb(CHECK, asked, applicants)
    assert [one["column"] for one in found["category_failure_share"].detail["refused"]] == ["town", "colour"]
    assert found["category_failure_share"].value == 0
    assert "category_flip_rate" not in found


def test_degenerate_a_word_that_is_there_already_is_lengthened(perturb, model, data):
    given = data({"t": ["unknown-category", "b"] * 20}, features=("t",))
    words = set()

    def score(rows):
        words.update(rows.column("t").to_pylist())
        return np.zeros(len(rows))

    perturb(CHECK, model(score, ("t",)), given)
    assert "unknown-category-x" in words


def test_inapplicable(why, data, model, decisions):
    free = data({"note": [f"note {place}" for place in range(9)], "x": range(9)}, features=("note", "x"))
    asked = model(lambda rows: np.zeros(len(rows)), free.features)
    assert "no text whose values repeat" in why(CHECK, data=free, model=asked, decisions=decisions([0] * 9))
