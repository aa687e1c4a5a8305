"""One counting pass: the same counts however the rows come, and the numbers that fairlearn and scikit-learn give."""

import warnings
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from decided import build_decisions
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.counted.blockcounts import joint_sets
from proofbox.checks.counted.counting import MISSING
from proofbox.checks.counted.counts import Counts
from proofbox.checks.counted.groups import MOST_GROUPS, groups_of
from proofbox.checks.counted.joint import count
from proofbox.checks.counted.onepass import MOST_CLASSES, one_pass
from proofbox.checks.counted.rawcodes import is_missing, raw_column
from proofbox.checks.labels import label_text
from proofbox.checks.registry import get_check
from proofbox.checks.result import Inapplicable, Measured
from proofbox.checks.subject import Decisions
from proofbox.runners.conformance.fakes import build_data, run_check

RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "precision",
    "negative_predictive_value",
    "accuracy",
    "base_rate",
)
GROUPS = ("a", "b", "c", None)
rows = st.lists(
    st.tuples(
        st.sampled_from(GROUPS),
        st.sampled_from([0, 1]),
        st.sampled_from([0, 1]),
        st.sampled_from([0.25, 1.0, 3.0, 40.5]),
    ),
    min_size=2,
    max_size=50,
)
"""Group, true label, decision, weight; whole groups, classes and denominators are often empty."""


def sklearn_rates(truth, decided, weight) -> dict[str, float]:
    """The rates as scikit-learn has them; those with an empty denominator are left out."""
    from sklearn.metrics import accuracy_score, precision_score, recall_score

    def score(function, yes, truth, decided):
        return function(truth, decided, pos_label=yes, sample_weight=weight, zero_division=0.0)

    found = {
        "selection_rate": np.average(decided, weights=weight),
        "accuracy": accuracy_score(truth, decided, sample_weight=weight),
        "base_rate": np.average(truth, weights=weight),
    }
    if (truth == 1).any():
        found["true_positive_rate"] = score(recall_score, 1, truth, decided)
        found["false_negative_rate"] = 1 - found["true_positive_rate"]
    if (truth == 0).any():
        found["true_negative_rate"] = score(recall_score, 0, truth, decided)
        found["false_positive_rate"] = 1 - found["true_negative_rate"]
    if (decided == 1).any():
        found["precision"] = score(precision_score, 1, truth, decided)
    if (decided == 0).any():
        found["negative_predictive_value"] = score(precision_score, 0, truth, decided)
    return found


def given_of(rows, *, weighted: bool):
    group, truth, decided, weight = zip(*rows, strict=True)
    columns = {"g": pa.array(group, pa.string()), "y": truth, "w": weight}
    data = build_data(columns, target="y", weight="w" if weighted else None)
    return {"data": data, "decisions": build_decisions(decided)}


@pytest.mark.parametrize("weighted", [False, True])
@given(rows=rows)
@settings(max_examples=60, deadline=None)
def test_every_rate_of_every_group_is_scikit_learns(weighted, rows):
    result = run_check("fairness.group_rates", params={"attribute": "g"}, **given_of(rows, weighted=weighted))
    frame = pd.DataFrame(rows, columns=["g", "y", "p", "w"]).fillna({"g": MISSING})
    if frame["g"].loc[frame["g"] != MISSING].nunique() < 2:
        assert isinstance(result, Inapplicable)
        return
    found = {(item.group["g"], item.measure): item for item in result.measurements}
    expected = {}
    for name, part in frame.groupby("g"):
        weight = part["w"].to_numpy() if weighted else None
        expected |= {
            (name, rate): v for rate, v in sklearn_rates(part["y"].to_numpy(), part["p"].to_numpy(), weight).items()
        }
        assert found[(name, "count")].value == len(part)
    rates = {key: item.value for key, item in found.items() if key[1] != "count"}
    assert rates == pytest.approx(expected, abs=1e-9)
    assert {key[1] for key in rates} <= set(RATES)


@pytest.mark.parametrize("weighted", [False, True])
@given(rows=rows)
@settings(max_examples=40, deadline=None)
def test_every_gap_is_fairlearns(weighted, rows):
    import fairlearn.metrics as theirs

    frame = pd.DataFrame(rows, columns=["g", "y", "p", "w"]).fillna({"g": MISSING})
    whole = frame.groupby("g")["y"].nunique()
    given_rows = given_of(rows, weighted=weighted)
    found = {}
    for check in ("fairness.demographic_parity", "fairness.equalized_odds"):
        result = run_check(check, params={"attribute": "g"}, **given_rows)
        if isinstance(result, Measured):
            found |= {item.measure: item.value for item in result.measurements}
    about = {"sensitive_features": frame["g"], "sample_weight": frame["w"] if weighted else None}
    for name, value in found.items():
        # fairlearn counts a rate without a denominator as 0; we leave the group out and name it.
        if name.startswith("demographic") or (whole == 2).all():
            function = {"false_positive_rate_difference": theirs.false_positive_rate_difference} | {
                known: getattr(theirs, known)
                for known in dir(theirs)
                if known.startswith(("demographic_parity", "equalized_odds", "equal_opportunity"))
            }
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = function[name](frame["y"], frame["p"], **about)
            if not (name == "equalized_odds_ratio" and np.isnan(expected)):
                assert value == pytest.approx(expected, abs=1e-9), name


def columns_of(table: pa.Table):
    return [raw_column(name, table.column(name)) for name in table.column_names]


@given(rows=rows, cut=st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_parts_counted_apart_add_up_to_the_whole(rows, cut):
    group, truth, decided, weight = zip(*rows, strict=True)
    table = pa.table({"g": pa.array(group, pa.string()), "y": truth, "p": decided})
    weights = pa.chunked_array([weight])
    whole = count(columns_of(table), weights)
    first, second = (
        count(columns_of(part), share)
        for part, share in ((table[:cut], weights[:cut]), (table[cut:], weights[cut:]))
    )  # fmt: skip
    for parts in (first + second, second + first):
        assert [axis.categories for axis in parts.axes] == [axis.categories for axis in whole.axes]
        assert parts.codes.tolist() == whole.codes.tolist()
        assert parts.rows.tolist() == whole.rows.tolist()
        assert parts.weight == pytest.approx(whole.weight)
        assert parts.weight_squared == pytest.approx(whole.weight_squared)


@pytest.mark.parametrize("rows", [1, 65_535, 200_001])
@pytest.mark.parametrize("groups", [2, 40, 300, 2_000])
def test_long_columns_are_counted_exactly(rows, groups):
    """Pairs of rows in one look-up, narrow and wide codes, and sorting: all the same counts."""
    rng = np.random.default_rng(rows + groups)
    columns = {name: rng.integers(0, size, rows) for name, size in (("g", groups), ("y", 2), ("p", 25))}
    labels = pa.DictionaryArray.from_arrays(columns["g"].astype(np.int32), [f"g{code:05}" for code in range(groups)])
    cube = count(columns_of(pa.table({**columns, "g": labels})))
    expected = pd.DataFrame(columns).value_counts().sort_index()
    keys = [
        tuple(int(axis.categories[code].lstrip("g")) for axis, code in zip(cube.axes, cell, strict=True))
        for cell in cube.codes.T
    ]
    assert dict(zip(keys, cube.rows.tolist(), strict=True)) == expected.to_dict()


@pytest.mark.parametrize(
    ("column", "categories"),
    [
        (pa.array([-3, 250, None, 7]), ("-3", "7", "250")),
        (pa.array([10**12, 10**12 + 5, None], pa.int64()), (str(10**12), str(10**12 + 5))),
        (pa.array([10**12, -5, None], pa.int64()), ("-5", str(10**12))),
        (pa.array([2**63 + 1, None, 2**63 + 3], pa.uint64()), (str(2**63 + 1), str(2**63 + 3))),
        (pa.array([127, None, -128], pa.int8()), ("-128", "127")),
        (pa.array([True, None, False]), ("false", "true")),
        (pa.array([1.0, float("nan"), None, 0.5]), ("0.5", "1")),
        (pa.array(["ê", "e\u0302 ", None, " "]), ("ê",)),
        (pa.array([None, None], pa.string()), ()),
    ],
)
def test_every_kind_of_column_is_counted_by_what_it_says(column, categories):
    cube = count(columns_of(pa.table({"a": column})))
    assert cube.axes[0].categories == categories
    assert cube.rows.sum() == len(column)


def test_grouped_by_an_intersection_is_what_the_rows_say():
    rng = np.random.default_rng(5)
    table = {name: rng.choice(["x", "y", None], 500) for name in ("a", "b", "c")} | {"t": rng.integers(0, 3, 500)}
    data = build_data(table, target="t", sensitive=("a", "b"))
    counts = Counts(data, build_decisions(rng.integers(0, 3, 500)), [("b", "a"), ("c",)])
    for attribute in (("a",), ("b", "a"), ("c", "a", "b")):
        found, by_row = counts.grouped(attribute), groups_of(data, attribute)
        assert found.categories == by_row.categories
        assert found.missing == by_row.missing
        assert found.cells.sum(axis=(1, 2)).tolist() == np.bincount(by_row.codes).tolist()
        assert (found.truths, found.decided) == (("0", "1", "2"), ("0", "1", "2"))
    assert len(counts.tables) == 1, "one pass counts everything"


def test_one_pass_serves_every_attribute_and_another_is_made_only_for_what_nobody_announced():
    passes = []

    class Source:
        rows = 4

        def batches(self, columns):
            passes.append(tuple(columns))
            table = pa.table({"a": ["x", "y", "x", "y"], "b": ["p", "p", "q", "q"], "y": [1, 0, 1, 1]})
            yield from (table.select(list(columns))[place : place + 1] for place in range(4))

    head = pa.table({"a": ["x"], "b": ["p"], "y": [1]})
    data = replace(build_data({"a": ["x"]}, sensitive=("a",), prediction="y"), table=head, source=Source())
    counts = Counts(data)
    assert counts.grouped(("a",)).cells.sum(axis=1).tolist() == [[0, 2], [1, 1]]
    assert counts.rows == 4
    assert len(passes) == 1
    assert len(counts.grouped(("a", "b")).categories) == 4
    assert len(passes) == 2


def test_a_model_is_asked_batch_by_batch_and_sees_its_features_alone():
    data = build_data({"a": ["x", "y"] * 3, "f": [0.1, 0.9] * 3}, features=("f",), sensitive=("a",))

    def ask(table: pa.Table) -> Decisions:
        assert table.column_names == ["f"]
        return build_decisions((table.column("f").to_numpy() > 0.5).astype(int))

    found = Counts(data, ask).grouped(("a",))
    assert found.cells[:, 0].tolist() == [[3, 0], [0, 3]]


def test_columns_with_too_many_categories_spoil_nothing_for_the_others():
    rows = 25 * MOST_GROUPS
    table = {
        "sex": ["f", "m"] * (rows // 2),
        "name": [f"n{place}" for place in range(rows)],
        "age": np.arange(rows),
        "pay": np.arange(rows) / 7,
    }
    data = build_data(table, sensitive=tuple(table))
    counts = Counts(data, build_decisions([1, 0] * (rows // 2)))
    assert len(counts.grouped(("sex",)).categories) == 2
    for name, said in (("name", "groups or more"), ("age", "different numbers"), ("pay", "different numbers")):
        assert said in str(counts.grouped((name,)).reason)
        assert str(rows) in str(counts.grouped((name,)).reason)
        assert said in str(counts.grouped(("sex", name)).reason)


def test_categories_that_grow_from_batch_to_batch_are_refused_in_the_end_and_spoil_nothing():
    class Source:
        rows = 3 * MOST_GROUPS

        def batches(self, columns):
            for start in range(0, self.rows, 100):
                some = [f"n{place}" for place in range(start, start + 100)]
                table = pa.table({"name": some, "sex": ["f", "m"] * 50, "y": [1, 0] * 50})
                yield table.select(list(columns))

    head = pa.table({"name": ["n"], "sex": ["f"], "y": [1]})
    given = {"sensitive": ("name", "sex"), "prediction": "y"}
    counts = Counts(replace(build_data({"a": ["x"]}, **given), table=head, source=Source()))
    assert "name makes 600 groups or more" in str(counts.grouped(("name",)).reason)
    assert counts.grouped(("sex",)).cells[:, 0].sum() == Source.rows


def test_too_many_labels_are_no_classes():
    data = build_data({"a": ["x", "y"] * 300, "y": list(range(600))}, target="y", sensitive=("a",))
    found = Counts(data, build_decisions([1, 0] * 300)).grouped(("a",))
    assert f"at most {MOST_CLASSES} classes" in str(found.reason)


def test_attributes_are_counted_one_by_one_where_their_joint_table_would_be_large():
    sizes = {"a": 100, "b": 100, "c": 100}
    assert joint_sets([("a",), ("b",)], sizes) == [("a", "b")]
    assert joint_sets([("a",), ("b",), ("c",), ("a", "b")], sizes) == [("c",), ("a", "b")]
    columns = {name: [f"{name}{place % size}" for place in range(3_000)] for name, size in sizes.items()}
    data = build_data(columns)
    passed = one_pass(data, build_decisions([0, 1] * 1_500), [("a",), ("b",), ("c",)])
    assert set(passed.tables) == {("a",), ("b",), ("c",)}
    assert {len(cube.axes[0].categories) for cube in passed.tables.values()} == {100}


def test_declared_bins_are_groups_in_the_order_of_numbers():
    data = build_data({"age": [17, 25, 39.5, None, 60, 99]}, bins={"age": (25, 40, 60)}, sensitive=("age",))
    names = ["< 25", "[25, 40)", ">= 60", MISSING]
    counted = Counts(data, build_decisions([1, 1, 0, 0, 0, 1])).grouped(("age",))
    assert [category["age"] for category in counted.categories] == names
    assert counted.cells[:, 0, 1].tolist() == [1, 1, 1, 0]
    by_row = groups_of(data, ("age",))
    assert [category["age"] for category in by_row.categories] == names
    assert by_row.codes.tolist() == [0, 1, 1, 3, 2, 2]


def test_rows_without_a_decision_are_left_out_and_counted():
    data = build_data({"a": ["x", "y"] * 3, "p": [1, 0, None, 1, 1, 0]}, prediction="p", sensitive=("a",))
    counts = Counts(data)
    grouped = counts.grouped(("a",))
    assert (grouped.undecided, grouped.cells[:, 0].tolist()) == (1, [[0, 2], [2, 1]])
    assert counts.confusion().cells.tolist() == [[2, 3]]
    spec = get_check("fairness.demographic_parity")
    result = spec.run(counts=counts, params=spec.params({"attribute": "a"}))
    assert result.measurements[0].detail["rows_without_decision"] == 1
    assert result.measurements[0].sample_size == 5


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_any_mixture_of_columns_is_counted_as_its_rows_say(data):
    """Random types, missing values, batches and attributes against a loop over rows."""
    rows = data.draw(st.integers(1, 40))
    kinds = {
        "text": st.sampled_from(["a", "b ", " b", "é", "", None]),
        "number": st.sampled_from([0, 1, -3, 200, None]),
        "fraction": st.sampled_from([0.0, 0.5, float("nan"), None]),
        "flag": st.sampled_from([True, False, None]),
    }
    names = data.draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=3, unique=True))
    columns = {name: data.draw(st.lists(kinds[name], min_size=rows, max_size=rows)) for name in names}
    truth = data.draw(st.lists(st.sampled_from(["no", "yes", None]), min_size=rows, max_size=rows))
    decided = data.draw(st.lists(st.sampled_from(["no", "yes"]), min_size=rows, max_size=rows))
    types = {"text": pa.string(), "number": pa.int16(), "fraction": pa.float64(), "flag": pa.bool_()}
    arrays = {name: pa.array(values, types[name]) for name, values in columns.items()}
    table = pa.table({**arrays, "y": pa.array(truth, pa.string()), "p": decided})
    step = data.draw(st.integers(1, rows))

    class Source:
        def __init__(self) -> None:
            self.rows = rows

        def batches(self, wanted):
            yield from (table.select(list(wanted))[start : start + step] for start in range(0, rows, step))

    given = build_data({"a": ["x"]}, target="y", prediction="p", sensitive=tuple(names))
    found = Counts(replace(given, table=table, source=Source())).grouped(tuple(names))
    expected = Counter(
        (tuple(MISSING if is_missing(value) else label_text(value) for value in place), label, choice)
        for place, label, choice in zip(zip(*columns.values(), strict=True), truth, decided, strict=True)
    )
    groups = {key[0] for key in expected}
    if sum(MISSING not in group for group in groups) < 2:
        assert isinstance(found, Inapplicable)
        return
    counted = {}
    for group, category in enumerate(found.categories):
        for place, label in enumerate((*found.truths, None)):
            for choice, name in enumerate(found.decided):
                if found.cells[group, place, choice]:
                    counted[(tuple(category.values()), label, name)] = int(found.cells[group, place, choice])
    assert counted == dict(expected)
