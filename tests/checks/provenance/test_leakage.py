import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.leaks import rowmatch
from proofbox.checks.leaks.rowmatch import matching_rows
from proofbox.checks.registry import get_check

CHECK = "provenance.leakage"
SENTENCE = "khách hàng đề nghị vay vốn để mua máy móc sản xuất và trả lương cho người lao động"


@pytest.fixture
def leak(measures, data):
    def leak_of(evaluation, training, *, features=("a", "b"), target="y", ids=()):
        return measures(
            CHECK,
            data=data(evaluation, features=features, target=target, id_columns=ids),
            training=None if training is None else data(training, features=features, target=target, role="training"),
        )

    return leak_of


def rows(n, *, seed, **more):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(size=n), "b": rng.choice(["x", "y", "z"], n), "y": rng.integers(0, 2, n), **more}


def test_perfect_nothing_is_shared(leak):
    found = leak(rows(50, seed=1), rows(80, seed=2))
    assert (found["leaked_rows"].value, found["leaked_share"].value, found["target_copies"].value) == (0, 0, 0)
    assert found["leaked_rows"].interval is None
    assert found["leaked_rows"].sample_size == 50


def test_worst_the_evaluation_data_are_the_training_data(leak):
    found = leak(rows(50, seed=1), rows(50, seed=1))
    assert (found["leaked_rows"].value, found["leaked_share"].value) == (50, 1.0)
    assert len(found["leaked_rows"].detail["pairs"]) == 20


def test_middle_planted_rows_are_counted_exactly_and_an_id_hides_none(leak):
    training = rows(1000, seed=1, id=np.arange(1000))
    evaluation = rows(300, seed=2, id=np.arange(5000, 5300))
    for row in range(40):
        for name in ("a", "b", "y"):
            evaluation[name][row * 3] = training[name][row * 7]
    evaluation["y"][0] = 1 - evaluation["y"][0]
    evaluation["id"][200] = training["id"][200]  # and an id alone makes none
    found = leak(evaluation, training, ids=("id",))
    assert found["leaked_rows"].value == 39
    detail = found["leaked_rows"].detail
    assert detail["duplicates"] == {"features": 40, "features_and_target": 39, "all_shared_columns": 39}
    first = detail["pairs"][0]
    assert (first["evaluation_row"], first["training_row"]) == (3, 7)
    assert first["evaluation_digest"] == first["training_digest"]
    assert len(first["evaluation_digest"]) == 32
    assert detail["identifiers_left_out"] == ["id"]


def test_an_undeclared_identifier_is_found_and_hides_nothing(leak):
    training = rows(100, seed=1, number=np.arange(100))
    evaluation = {name: values.copy() for name, values in training.items()} | {"number": np.arange(900, 1000)}
    found = leak(evaluation, training)
    assert found["leaked_rows"].value == 100
    assert found["leaked_rows"].detail["identifiers_found"] == ["number"]


def test_a_column_that_repeats_is_no_identifier_and_tells_two_people_apart(leak):
    training = rows(100, seed=1, district=np.arange(100) % 7)
    evaluation = {name: values.copy() for name, values in training.items()}
    evaluation["district"] = (evaluation["district"] + 1) % 7
    found = leak(evaluation, training)
    assert (found["leaked_rows"].value, found["repeated_cases"].value) == (0, 100)
    assert found["leaked_rows"].detail["identifiers_found"] == []


def test_values_are_equal_whatever_their_type():
    ways = [
        pa.table({"a": pa.array([1, 0, None], pa.int8()), "b": ["1", None, "é"]}),
        pa.table({"a": [1.0, -0.0, float("nan")], "b": pa.array(["1", None, "é"]).dictionary_encode()}),
        pa.table({"a": pa.array(["1", "0", None]), "b": ["1", None, "e\u0301"]}),
        pa.table({"a": pa.array([True, False, None]), "b": ["1 ", None, "é"]}),
    ]
    for one in ways[:3]:
        for other in ways[:3]:
            assert matching_rows(one, other, [("a", "a"), ("b", "b")]).rows.tolist() == [0, 1, 2]
    assert matching_rows(ways[0], ways[3], [("a", "a"), ("b", "b")]).rows.tolist() == [0, 1, 2]


def test_large_whole_numbers_do_not_run_together():
    one, other = (pa.table({"a": [2**53 + step]}) for step in (0, 1))
    assert len(matching_rows(one, other, [("a", "a")]).rows) == 0
    assert len(matching_rows(one, one, [("a", "a")]).rows) == 1


cell = st.one_of(st.none(), st.sampled_from([0.0, 1.0, -1.0]))


@given(st.lists(st.tuples(cell, cell), max_size=12), st.lists(st.tuples(cell, cell), max_size=12), st.booleans())
@settings(max_examples=150, deadline=None)
def test_matches_are_those_of_a_loop_over_all_pairs_even_if_every_hash_collides(first, second, collide):
    schema = pa.schema({"a": pa.float64(), "b": pa.float64()})
    tables = [pa.Table.from_pylist([{"a": a, "b": b} for a, b in rows], schema) for rows in (first, second)]
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(rowmatch, "row_hashes", lambda columns: np.zeros(len(columns[0].values), dtype=np.uint64))
        found = matching_rows(*tables, [("a", "a"), ("b", "b")])
    assert found.rows.tolist() == [place for place, row in enumerate(first) if row in second]
    assert all(first[row] == second[at] for row, at in zip(found.rows, found.found_at, strict=True))


def test_the_target_under_other_names_is_found(leak):
    n = 400
    y = np.random.default_rng(3).integers(0, 2, n)
    columns = {
        "a": np.random.default_rng(4).normal(size=n),
        "b": 1 - y,
        "y": y,
        "renamed": np.where(y == 1, "approved", "rejected"),
        "action": np.where(y == 1, np.arange(n) % 2 + 1, 3),
        "nearly": np.where(np.arange(n) % 20 == 0, 1 - y, y),
        "score": y + np.random.default_rng(5).normal(size=n) / 100,
        "id": np.arange(n),
    }
    found = leak(columns, None, ids=("id",))
    assert set(found) == {"target_copies", "best_single_feature"}
    assert (found["best_single_feature"].value, found["best_single_feature"].detail["column"]) == (1.0, "b")
    detail = found["target_copies"].detail
    assert (found["target_copies"].value, detail["copies_among_features"]) == (1, ["b"])
    assert detail["copies_among_other_columns"] == ["renamed", "action"]
    strongest = detail["strongest_single_predictors"]
    assert [one["column"] for one in strongest] == ["score", "nearly", "a"]
    assert strongest[0]["accuracy"] == 1.0
    assert strongest[1]["accuracy"] == pytest.approx(0.95)
    assert 0.5 <= strongest[2]["balanced_accuracy"] < 0.6


def test_degenerate_too_few_rows_to_a_category_tell_nothing(leak):
    found = leak({"a": [1, 2, 3, 4, 5, 6], "b": ["k"] * 6, "y": [0, 1, 0, 1, 0, 1]}, None)
    assert found["target_copies"].value == 0
    assert found["target_copies"].detail["strongest_single_predictors"] == []


def test_training_data_may_lack_columns_or_name_the_target_differently(measures, data):
    shared = rows(30, seed=1)
    other = {"a": shared["a"], "outcome": shared["y"]}
    found = measures(
        CHECK,
        data=data(shared, features=("a", "b"), target="y"),
        training=data(other, features=("a",), target="outcome", role="training"),
    )
    detail = found["leaked_rows"].detail
    assert found["leaked_rows"].value == 30
    assert (detail["columns"], detail["features_absent_from_training"]) == (["a", "y = outcome"], ["b"])


def test_inapplicable_without_training_data_and_target(why, data):
    said = why(CHECK, data=data({"a": [1, 2]}, features=("a",)), training=None)
    assert "neither training data" in said
    assert "no rows" in why(CHECK, data=data({"a": np.array([])}, features=("a",)), training=None)


def test_inapplicable_measures_say_why_and_never_pass(run, data):
    result = run(CHECK, data=data(rows(50, seed=1), features=("a", "b"), target="y"))
    assert {found.measure for found in result.measurements} == {"target_copies", "best_single_feature"}
    assert set(result.absent) == set(get_check(CHECK).measures) - {"target_copies", "best_single_feature"}
    assert {str(why) for why in result.absent.values()} == {"the submission names no training data"}


def test_planted_leaks_are_counted_exactly_among_as_many_look_alikes(leak):
    """600 leaked rows under new numbers; 600 that differ in one column alone, by as little as a digit or a letter."""
    n, rng = 3_000, np.random.default_rng(8)

    def made(seed):
        own = np.random.default_rng(seed)
        return {
            "a": own.normal(size=n).round(6),
            "b": own.choice(["Kinh", "Tày", "Ơ Đu", None], n),
            "c": own.integers(0, 10**6, n),
            "y": own.integers(0, 2, n),
            "no": own.permutation(10 * n)[:n],
        }

    training, evaluation = made(1), made(2)
    source, places = rng.permutation(n)[:1_200], rng.permutation(n)[:1_200]
    for name in ("a", "b", "c", "y"):
        evaluation[name][places] = training[name][source]
    alike = places[600:]
    evaluation["a"][alike[:150]] += 1e-6
    evaluation["b"][alike[150:300]] = "Ơ Ðu"  # another letter that looks the same
    evaluation["c"][alike[300:450]] += 1
    evaluation["y"][alike[450:]] = 1 - evaluation["y"][alike[450:]]
    found = leak(evaluation, training, features=("a", "b", "c"))
    detail = found["leaked_rows"].detail
    assert found["leaked_rows"].value == 600
    assert (detail["identifiers_found"], detail["identifiers_recognised_by"]) == (["no"], {"no": "named"})
    assert detail["duplicates"] == {"all_shared_columns": 600, "features": 750, "features_and_target": 600}
    expected = sorted(zip(places[:600].tolist(), source[:600].tolist(), strict=True))[:20]
    assert [(pair["evaluation_row"], pair["training_row"]) for pair in detail["pairs"]] == expected
    # A millionth more, or 1 more of half a million, is near; another letter and another label are not.
    assert found["near_duplicate_rows"].value == 300
    assert found["near_duplicate_rows"].detail["numbers"]["rows"] == 300


def test_the_same_people_are_found_by_the_declared_key_and_by_no_other(measures, data):
    """500 people of both files, 500 whose number differs by its last digit; rows without a number are nobody's."""
    known = [*np.arange(1_490).astype(str), *[None] * 10]
    training = rows(1_500, seed=1, person=known, line=np.arange(1_500))
    person = [str(number) for number in range(500)] + [f"{number}x" for number in range(500)] + [None] * 10
    evaluation = rows(1_010, seed=2, person=person, line=np.arange(1_010))
    found = measures(
        CHECK,
        data=data(evaluation, features=("a", "b"), target="y", id_columns=("person",)),
        training=data(training, features=("a", "b"), target="y", id_columns=("person",), role="training"),
    )
    detail = found["shared_entity_rows"].detail
    assert found["shared_entity_rows"].value == 500
    assert (detail["identifiers"], detail["by_identifier"]["person"]["entities"]) == (["person"], 500)
    assert found["leaked_rows"].value == 0


def test_keys_of_other_names_are_paired_in_the_order_declared(measures, data):
    training = rows(30, seed=1, kh=np.arange(30))
    evaluation = rows(40, seed=2, customer=np.repeat(np.arange(20, 40), 2))
    found = measures(
        CHECK,
        data=data(evaluation, features=("a", "b"), target="y", id_columns=("customer",)),
        training=data(training, features=("a", "b"), target="y", id_columns=("kh",), role="training"),
    )["shared_entity_rows"]
    assert (found.value, found.detail["identifiers"]) == (20, ["customer = kh"])
    assert found.detail["by_identifier"]["customer"]["entities"] == 10


def test_rows_of_the_past_are_counted_where_times_are_declared(measures, data):
    training = rows(60, seed=1, when=[f"{day:02d}/06/2025" for day in range(1, 31)] * 2)
    evaluation = rows(60, seed=2, when=[f"{day:02d}/07/2025" for day in range(1, 31)] + ["30/06/2025"] * 30)
    found = measures(
        CHECK,
        data=data(evaluation, features=("a", "b"), target="y", time="when"),
        training=data(training, features=("a", "b"), target="y", role="training", time="when"),
    )["rows_not_later"]
    assert (found.value, found.detail["share"], found.detail["written_dates_read"]) == (30, 0.5, "day first")


def test_values_are_shown_only_where_the_policy_says_so(run, data):
    both = [data(rows(30, seed=1), features=("a", "b"), target="y", role=role) for role in ("evaluation", "training")]

    def pairs(**params):
        result = run(CHECK, data=both[0], training=both[1], params=params)
        return result.measurements[0].detail["pairs"]

    assert set(pairs()[0]) == {"evaluation_row", "training_row", "evaluation_digest", "training_digest"}
    shown = pairs(show="values")[0]
    assert shown["evaluation_values"] == shown["training_values"] == both[0].table.slice(0, 1).to_pylist()[0]


def test_near_texts_are_found_in_columns_of_sentences_or_the_declared_one(measures, data):
    words = SENTENCE.split()
    rng = np.random.default_rng(3)
    notes = [" ".join(rng.choice(words, 20)) for _ in range(60)]
    copied = [note.upper() for note in notes[:25]] + [" ".join(rng.choice(words, 20)) for _ in range(35)]
    for column, text in (("note", None), ("note", "note")):
        training = rows(60, seed=1, note=notes)
        found = measures(
            CHECK,
            data=data(rows(60, seed=2, note=copied), features=("a", "b"), target="y", text=text),
            training=data(training, features=("a", "b"), target="y", role="training"),
        )["near_duplicate_rows"]
        assert (found.value, found.detail["text_columns"]) == (25, [column])
        assert [pair["training_row"] for pair in found.detail["texts"]["pairs"]] == list(range(20))


def test_files_in_batches_are_measured_as_files_in_memory(run, data, in_batches):
    rng = np.random.default_rng(4)
    words = SENTENCE.split()

    def made(seed):
        note = [" ".join(rng.choice(words, 20)) for _ in range(400)]
        return rows(400, seed=seed, note=note, person=rng.permutation(500)[:400], day=rng.integers(2020, 2026, 400))

    training, evaluation = made(1), made(2)
    for name in ("a", "b", "y", "day"):
        evaluation[name][50:90] = training[name][100:140]
    evaluation["note"][50:70] = training["note"][100:120]
    evaluation["note"][80:90] = [note.upper() for note in training["note"][100:110]]
    shape = {"features": ("a", "b"), "target": "y", "id_columns": ("person",), "time": "day"}
    held = [data(evaluation, **shape), data(training, role="training", **shape)]
    batched = [in_batches(one, size=90, head=30) for one in held]
    results = [run(CHECK, data=one, training=other) for one, other in (held, batched, (held[0], batched[1]))]
    values = {found.measure: found.value for found in results[0].measurements}
    assert (values["leaked_rows"], values["repeated_cases"], values["near_duplicate_rows"]) == (20, 40, 10)
    for found in zip(*(result.measurements for result in results), strict=True):
        details = [dict(one.detail) for one in found]
        within = [detail.pop("within", {}) for detail in details]
        assert details[0] == details[1] == details[2]
        assert within[1] == within[2] == pytest.approx(within[0])  # a sum over parts rounds otherwise
        assert len({(one.measure, one.value, one.sample_size) for one in found}) == 1


def test_digests_cannot_be_tried_out_without_the_file(measures, data):
    """The same person has another digest in another file, and none that follows from the number alone."""
    digests = set()
    for seed in (1, 2):
        shape = {"features": ("a", "b"), "target": "y", "id_columns": ("cccd",)}
        files = [rows(30, seed=seed + step, cccd=["079099001234"] * 30) for step in (0, 5)]
        one = measures(CHECK, data=data(files[0], **shape), training=data(files[1], role="training", **shape))
        pair = one["shared_entity_rows"].detail["by_identifier"]["cccd"]["pairs"][0]
        assert pair["evaluation_digest"] == pair["training_digest"]
        digests.add(pair["evaluation_digest"])
    assert len(digests) == 2


def test_planted_copies_of_the_target_are_counted_exactly_among_as_many_look_alikes(leak):
    """500 copies (renamed, inverted, finer) and 500 columns that differ from one in a single row of 200."""
    n, rng = 200, np.random.default_rng(2)
    y = rng.integers(0, 2, n)
    columns = {"y": y}
    for place in range(500):
        copy = (y, 1 - y, y * 2 + rng.integers(0, 2, n), np.where(y == 1, "có", "không"))[place % 4]
        alike = copy.copy()
        row, other = rng.integers(0, n), int(np.flatnonzero(y != y[0])[0])
        alike[row] = copy[0] if y[row] != y[0] else copy[other]
        columns |= {f"copy{place}": copy, f"alike{place}": alike}
    features = [name for name in columns if name != "y"]
    found = leak(columns, None, features=features)
    assert found["target_copies"].value == 500
    assert set(found["target_copies"].detail["copies_among_features"]) == {f"copy{place}" for place in range(500)}
    assert found["best_single_feature"].value == 1.0


def test_of_a_target_of_numbers_a_straight_line_is_a_copy(leak):
    rng = np.random.default_rng(3)
    price = rng.normal(50, 20, 600)
    columns = {
        "y": price,
        "a": price * 23.5 - 7,
        "b": price + rng.normal(0, 2, 600),
        "c": rng.normal(size=600),
        "d": np.where(np.arange(600) < 590, np.nan, price),
    }
    found = leak(columns, None, features=("b", "c", "d"))
    assert (found["target_copies"].value, found["target_copies"].detail["copies_among_other_columns"]) == (0, ["a"])
    best = found["best_single_feature"]
    assert (best.detail["column"], best.detail["classes"]) == ("b", 0)
    assert best.value == pytest.approx(np.corrcoef(price, columns["b"])[0, 1] ** 2)
    assert leak(columns, None, features=("a", "c"))["target_copies"].value == 1
