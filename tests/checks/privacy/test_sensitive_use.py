import numpy as np
import pytest

CHECK = "privacy.sensitive_use"


@pytest.fixture
def use(measures, data):
    def found(columns, features, attribute="sex", **more):
        params = {"attribute": attribute, **more}
        return measures(CHECK, params=params, data=data(columns, features=features, sensitive=("sex",)))

    return found


def people(n=2_000, seed=1):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["Nữ", "Nam"], n)
    return rng, sex, {"sex": sex, "age": rng.integers(18, 80, n), "job": rng.choice(list("abcde"), n)}


def test_perfect_neither_read_nor_stood_for(use):
    _, _, columns = people()
    found = use(columns, ("age", "job"))
    assert found["sensitive_features"].value == 0
    proxy = found["proxy_association"]
    assert proxy.value < 0.06
    assert proxy.interval.low == 0
    assert proxy.interval.high < 0.15


def test_worst_the_attribute_is_read_and_has_a_twin(use):
    _, sex, columns = people()
    columns["toilet"] = np.where(sex == "Nữ", "L", "R")
    found = use(columns, ("sex", "toilet", "age"))
    assert found["sensitive_features"].value == 1
    assert found["sensitive_features"].detail["features"] == ["sex"]
    assert found["proxy_association"].value == pytest.approx(1, abs=1e-3)
    assert found["proxy_association"].detail["strongest"][0]["feature"] == "toilet"


@pytest.mark.parametrize("kind", ["number", "text", "missing"])
def test_middle_a_proxy_of_any_type_is_found_and_its_interval_holds(use, kind):
    rng, sex, columns = people(4_000)
    female = sex == "Nữ"
    # Of each sex 80 % are on their own side: phi is 0.6 whatever the feature's type.
    side = np.where(rng.random(len(sex)) < 0.8, female, ~female)
    columns["height"] = {
        "number": np.where(side, 150.0, 170.0) + rng.normal(size=len(sex)),
        "text": np.where(side, "short", "tall"),
        "missing": [None if one else 1.0 for one in side],
    }[kind]
    found = use(columns, ("height", "age", "job"))
    proxy = found["proxy_association"]
    assert proxy.detail["strongest"][0]["feature"] == "height"
    assert proxy.interval.low < 0.6 < proxy.interval.high
    assert proxy.interval.high - proxy.interval.low < 0.12
    assert proxy.value == pytest.approx(0.6, abs=0.03)


def test_the_interval_holds_although_the_strongest_of_many_was_chosen(run, data):
    held = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        columns = {"sex": rng.choice(["f", "m"], 300)} | {f"x{n}": rng.normal(size=300) for n in range(20)}
        given = data(columns, features=tuple(f"x{n}" for n in range(20)))
        result = run(CHECK, params={"attribute": "sex"}, data=given)
        held += result.measurements[1].interval.low == 0
    assert held >= 36


def test_each_further_feature_makes_the_interval_wider(use):
    rng, sex, columns = people()
    columns["height"] = np.where(sex == "Nữ", 0.0, 1.0) + rng.normal(size=len(sex))
    alone = use(columns, ("height",))["proxy_association"].interval
    columns |= {f"x{place}": rng.integers(0, 2, len(sex)) for place in range(30)}
    among = use(columns, ("height", *(f"x{place}" for place in range(30))))["proxy_association"].interval
    assert among.low < alone.low
    assert among.high > alone.high


def test_several_columns_mean_their_intersection_and_small_groups_are_named(use):
    rng, sex, columns = people()
    columns["race"] = np.where(np.arange(len(sex)) < 7, "Ơ Đu", rng.choice(["Kinh", "Tày"], len(sex)))
    found = use(columns, ("race", "age"), attribute="sex,race")
    assert found["sensitive_features"].value == 1
    detail = found["proxy_association"].detail
    assert all("Ơ Đu" in name for name in detail["groups_left_out"])
    assert detail["groups_left_out"]
    assert detail["strongest"][0]["feature"] == "age"


def test_rows_without_the_attribute_are_left_out_and_counted(use):
    _, sex, columns = people(200)
    columns["sex"] = [None if place < 14 else value for place, value in enumerate(sex)]
    found = use(columns, ("age",))["proxy_association"]
    assert found.detail["rows_missing_attribute"] == 14
    assert found.sample_size == 186


def test_degenerate_only_the_attribute_or_a_constant_is_read(use):
    _, _, columns = people(200)
    assert "proxy_association" not in use(columns, ("sex",))
    columns["one"] = [1] * 200
    found = use(columns, ("one",))["proxy_association"]
    assert (found.value, found.interval.high) == (0, 0)


def test_inapplicable_with_reasons(why, data):
    given = data({"sex": ["f", "m"] * 20, "a": [1] * 40})
    assert "no model" in why(CHECK, params={"attribute": "sex"}, data=given)
    given = data({"sex": ["f"] * 40, "a": [1] * 40}, features=("a",))
    assert "one value" in why(CHECK, params={"attribute": "sex"}, data=given)
    assert "no column race" in why(CHECK, params={"attribute": "race"}, data=given)
    given = data({"sex": ["f", "m"] * 20, "a": [1] * 40}, features=("a",), weight="a")
    assert "sample weights" in why(CHECK, params={"attribute": "sex"}, data=given)
