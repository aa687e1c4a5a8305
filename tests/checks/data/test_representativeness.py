import numpy as np
import pytest

from proofbox.checks.result import Measured
from proofbox.checks.samples.divergence import cramers_v, population_stability, total_variation
from proofbox.checks.subject import ReferenceShare
from proofbox.checks.traps.bands import read_bands, sort_into

CHECK = "data.representativeness"


def population(attribute, **shares):
    return tuple(ReferenceShare(attribute=attribute, category=name, share=share) for name, share in shares.items())


@pytest.fixture
def compare(run, data, subject):
    def found(columns, reference, attribute, **more):
        result = run(
            CHECK,
            params={"attribute": attribute, **more},
            subject=subject({}, reference=reference),
            data=data(columns),
        )
        assert isinstance(result, Measured), result
        single = {one.measure: one for one in result.measurements if not one.group}
        ratios = {one.group[attribute]: one for one in result.measurements if one.group}
        return single, ratios, result

    return found


def test_perfect_the_same_shares(compare):
    single, ratios, _ = compare({"sex": ["f", "m"] * 200}, population("sex", f=0.5, m=0.5), "sex")
    assert single["total_variation"].value == 0
    assert single["population_stability_index"].value == 0
    assert single["total_variation"].interval.low == 0 < single["total_variation"].interval.high < 0.06
    assert {name: one.value for name, one in ratios.items()} == {"f": 1.0, "m": 1.0}


def test_worst_one_category_only(compare):
    single, ratios, _ = compare({"sex": ["f"] * 100}, population("sex", f=0.001, m=0.999), "sex")
    assert single["total_variation"].value == pytest.approx(0.999)
    assert single["total_variation"].interval.high == pytest.approx(0.999)
    assert single["population_stability_index"].value > 5
    assert ratios["m"].value == 0
    assert ratios["m"].interval.high > 0
    assert single["population_stability_index"].detail["counted_as_half_a_row"] == ["m"]


def test_middle_by_hand(compare):
    columns = {"ethnic": ["Kinh"] * 85 + ["Tày"] * 12 + ["Mông"] * 3 + [None] * 14}
    reference = population("ethnic", Kinh=0.8, Tày=0.12, Mông=0.08)
    single, ratios, result = compare(columns, reference, "ethnic")
    assert single["total_variation"].value == pytest.approx(0.05)
    by_hand = 0.05 * np.log(0.85 / 0.8) + 0 - 0.05 * np.log(0.03 / 0.08)
    assert single["population_stability_index"].value == pytest.approx(by_hand)
    assert single["total_variation"].detail["rows_missing_attribute"] == 14
    assert single["total_variation"].sample_size == 100
    assert ratios["Mông"].value == pytest.approx(0.375)
    assert ratios["Mông"].interval.low < 0.375 < ratios["Mông"].interval.high
    assert result.tables[0].columns["rows"] == (85, 12, 3)


def test_weights_make_the_shares_and_cost_rows(run, data, subject):
    """Twenty women of weight 4 stand for eighty: the mix is right, and the interval that of Kish's effective rows."""
    columns = {"sex": ["f"] * 20 + ["m"] * 80, "w": [4.0] * 20 + [1.0] * 80}
    who = subject({}, reference=population("sex", f=0.5, m=0.5))
    result = run(CHECK, params={"attribute": "sex"}, subject=who, data=data(columns, weight="w"))
    found = {one.measure: one for one in result.measurements}
    assert found["total_variation"].value == pytest.approx(0)
    assert found["total_variation"].detail["effective_rows"] == pytest.approx(160**2 / (20 * 16 + 80))
    assert found["total_variation"].sample_size == 100
    assert found["representation_ratio"].value == pytest.approx(1)
    assert found["representation_ratio"].detail["rows"] == 80
    plain = run(CHECK, params={"attribute": "sex"}, subject=who, data=data(columns))
    assert {one.measure: one.value for one in plain.measurements}["total_variation"] == pytest.approx(0.3)


def test_a_category_that_the_population_lacks_is_counted_and_named(compare):
    single, _, _ = compare({"sex": ["f"] * 45 + ["m"] * 45 + ["x"] * 10}, population("sex", f=0.5, m=0.5), "sex")
    assert single["total_variation"].value == pytest.approx(0.1)
    assert single["total_variation"].detail["rows_of_unlisted_categories"] == {"x": 10}


def test_numbers_are_sorted_into_the_populations_bands(compare):
    columns = {"tuổi": [17, 18, 24, 25, 64, 65, 90, None]}
    reference = population("tuổi", **{"dưới 18": 0.2, "18-24": 0.2, "25-64": 0.4, "65 trở lên": 0.2})
    single, ratios, result = compare(columns, reference, "tuổi")
    assert result.tables[0].columns["rows"] == (1, 2, 2, 2)
    assert single["total_variation"].detail["sorted_into_bands"] is True
    assert single["total_variation"].sample_size == 7
    assert ratios["65 trở lên"].value == pytest.approx(2 / 7 / 0.2)


@pytest.mark.parametrize(
    ("names", "values", "codes"),
    [
        (["<18", "18–24", "25+"], [17.5, 18, 24.9, 25], [0, 1, 1, 2]),
        (["under 18", "18 to 64", "65 and over"], [0, 64, 65], [0, 1, 2]),
        (["18-25", "25-35", ">35"], [18, 25, 34, 35, 36], [0, 1, 1, 3, 2]),
        (["đến 17 tuổi", "từ 18 tuổi"], [17, 18], [0, 1]),
    ],
)
def test_bands_are_read(names, values, codes):
    bands = read_bands(names)
    assert bands is not None
    assert sort_into(np.array(values, dtype=float), bands).tolist() == codes


@pytest.mark.parametrize("names", [["18-24", "north"], ["1-10", "5-20"], ["30-20", "40-50"], ["male", "female"]])
def test_what_is_no_set_of_bands_is_none(names):
    assert read_bands(names) is None


def test_inapplicable_with_reasons(why, data, subject):
    given = data({"sex": ["f", "m"], "old": [1, 2]})
    reference = population("sex", f=0.5, m=0.5) + population("old", a=0.5, b=0.5)

    def said(attribute, **more):
        params = {"attribute": attribute, **more}
        return why(CHECK, params=params, subject=subject({}, reference=reference), data=given, training=None)

    assert "no column race" in said("race")
    assert "intersections" in said("sex,old")
    assert "no row has a category of old" in said("old")
    assert "no training data" in said("sex", role="training")
    with_none = why(CHECK, params={"attribute": "sex"}, subject=subject({}), data=given)
    assert "declares no population of sex" in with_none


def test_total_variation_covers_what_it_says():
    """A bound that holds by the triangle inequality may cover more often than it says, never less."""
    rng = np.random.default_rng(5)
    true, reference = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.45, 0.3, 0.2, 0.05])
    truth, held = np.abs(true - reference).sum() / 2, 0
    for _ in range(300):
        _, interval = total_variation(rng.multinomial(400, true), reference, 0.9, rng)
        held += interval.low <= truth <= interval.high
    assert held >= 300 * 0.87


@pytest.mark.parametrize("reference", [[0.25] * 4, [0.4, 0.3, 0.2, 0.1]])
def test_the_index_covers_about_what_it_says(reference):
    rng = np.random.default_rng(6)
    true, shares = np.array([0.25] * 4), np.array(reference)
    truth, held = float(((true - shares) * np.log(true / shares)).sum()), 0
    for _ in range(600):
        _, interval = population_stability(rng.multinomial(500, true), shares, 0.95)
        held += interval.low <= truth <= interval.high
    assert held >= 600 * 0.93


def test_cramers_v_at_its_ends_and_against_scipy():
    from scipy.stats.contingency import association

    value, interval = cramers_v(np.array([[50, 0], [0, 50]]), 0.95)
    assert value == pytest.approx(1.0)
    assert interval.high == pytest.approx(1.0)
    value, interval = cramers_v(np.array([[25, 25], [25, 25]]), 0.95)
    assert value == 0
    assert 0.05 < interval.high < 0.4
    table = np.array([[4000, 2000, 1000], [1000, 2000, 4000]])
    value, interval = cramers_v(table, 0.95)
    # Without the correction, which is small at this size.
    assert value == pytest.approx(association(table, method="cramer"), abs=2e-3)
    assert interval.low < value < interval.high


def test_cramers_v_covers_about_what_it_says():
    rng = np.random.default_rng(7)
    for cells in ([[0.25, 0.25], [0.25, 0.25]], [[0.3, 0.2], [0.1, 0.4]], [[0.2, 0.1, 0.05], [0.05, 0.1, 0.5]]):
        p = np.array(cells)
        product = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
        truth = float(np.sqrt((p**2 / product).sum() - 1))
        held = 0
        for _ in range(400):
            _, interval = cramers_v(rng.multinomial(300, p.reshape(-1)).reshape(p.shape), 0.95)
            held += interval.low <= truth <= interval.high
        assert held >= 400 * 0.92, cells


def test_cramers_v_is_corrected_for_bias_as_bergsma_says():
    table = np.array([[20, 10, 5], [10, 20, 10], [4, 6, 15]])
    n = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi2 = ((table - expected) ** 2 / expected).sum() / n
    most = 3 - 2**2 / (n - 1) - 1
    value, _ = cramers_v(table, 0.95)
    assert value == pytest.approx(np.sqrt((phi2 - 4 / (n - 1)) / most))
