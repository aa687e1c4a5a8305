import datetime
import random

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pytest

CHECK = "data.quality"


@pytest.fixture
def check(measures, data, subject):
    def found(columns, *, role="evaluation", training=None, **roles):
        evaluation = data(columns, **roles)
        other = None if training is None else data(training, role="training")
        return measures(CHECK, params={"role": role}, subject=subject({}), data=evaluation, training=other)

    return found


@pytest.fixture
def check_file(measures, data, subject):
    """Write a CSV file, read it as the product does, and look at both."""

    def found(content, delimiter=",", decimal=".", encoding="utf-8"):
        who = subject({"evaluation.csv": content})
        table = pcsv.read_csv(
            who.root / "evaluation.csv",
            parse_options=pcsv.ParseOptions(delimiter=delimiter),
            convert_options=pcsv.ConvertOptions(decimal_point=decimal),
        )
        said = {"format": "csv", "delimiter": delimiter, "decimal": decimal, "encoding": encoding}
        given = data({name: table.column(name) for name in table.column_names}, detail=said)
        return measures(CHECK, subject=who, data=given), table

    return found


def traps(found):
    return found["text_traps"].detail["rows_by_column_and_trap"]


def test_perfect_a_clean_file(check):
    rng = np.random.default_rng(1)
    columns = {"age": rng.integers(18, 90, 500), "pay": rng.normal(size=500), "sex": rng.choice(["Nữ", "Nam"], 500)}
    found = check(columns, features=("age", "pay"), sensitive=("sex",))
    assert {name: one.value for name, one in found.items()} == dict.fromkeys(found, 0.0)
    assert len(found) == 6
    assert all(one.interval is None for one in found.values())


def test_worst_nothing_is_there(check):
    found = check({"a": [None] * 30, "b": ["N/A"] * 30}, features=("a", "b"))
    assert found["missing_share"].value == 1.0
    assert found["constant_columns"].value == 2
    assert found["duplicate_share"].value == pytest.approx(29 / 30)


def test_500_planted_faults_are_counted_exactly(check):
    """Gaps, words for nothing, repeated rows and impossible numbers at known places among 5,000 honest rows."""
    rng = random.Random(7)
    n = 5_000
    columns = {
        "id": [f"HS{place:06d}" for place in range(n)],
        "age": [rng.randint(18, 90) for _ in range(n)],
        "số con": [rng.randint(0, 6) for _ in range(n)],
        "job": [rng.choice(["nông dân", "giáo viên", "thợ may"]) for _ in range(n)],
        "pay": [rng.random() for _ in range(n)],
    }
    places = iter(rng.sample(range(1, n), 600))
    for _ in range(130):
        columns["age"][next(places)] = rng.choice([-1, 130, 999, -40])
    for _ in range(120):
        columns["số con"][next(places)] = -2
    for _ in range(90):
        columns["job"][next(places)] = None
    for _ in range(60):
        columns["job"][next(places)] = rng.choice(["không rõ", "N/A", "-"])
    for _ in range(200):
        row = next(places)
        for name in ("age", "số con", "job", "pay"):
            columns[name][row] = columns[name][0]
    found = check(columns, features=("age", "số con", "job", "pay"))
    assert found["impossible_values"].value == 250
    assert found["impossible_values"].detail["rows_by_column"] == {"age": 130, "số con": 120}
    assert found["missing_share"].detail["missing_cells"] == 150
    assert found["missing_share"].detail["of_these_words_for_nothing"] == {"job": 60}
    assert found["missing_share"].value == 150 / (4 * n)
    assert found["duplicate_share"].detail["rows_that_repeat"] == 200
    assert found["duplicate_share"].detail["rows_that_repeat_identifiers_and_all"] == 0
    assert found["duplicate_share"].detail["identifiers_left_out"] == {"id": "named"}


def rows(n=100, seed=2):
    rng = np.random.default_rng(seed)
    return {"a": rng.integers(0, 50, n), "b": rng.normal(size=n), "c": rng.choice(["x", "y"], n)}


def test_an_identifier_hides_no_duplicate_even_where_some_rows_repeat_it_too(check):
    columns = rows()
    twice = {name: np.concatenate([values, values[:10]]) for name, values in columns.items()}
    ids = np.concatenate([np.arange(100), [0, 1, 2], np.arange(500, 507)])
    for roles in ({"id_columns": ("number",)}, {}):
        found = check(twice | {"number": ids}, features=("a", "b", "c"), **roles)
        detail = found["duplicate_share"].detail
        assert detail["rows_that_repeat"] == 10
        assert detail["rows_that_repeat_identifiers_and_all"] == 3
        assert detail["rows_with_a_repeated_identifier"] == {"number": 3}
        assert list(detail["identifiers_left_out"]) == ["number"]
        assert detail["pairs"][0] == {"row": 100, "repeats_row": 0}


def test_an_identifier_makes_no_duplicate(check):
    columns = rows() | {"id": np.zeros(100, dtype=int)}
    assert check(columns, features=("a", "b"), id_columns=("id",))["duplicate_share"].value == 0
    # A column that tells people apart and is no identifier stays: pay is not one because it differs in every row.
    people = {"age": [30] * 50, "pay": list(np.arange(50) * 1.5 + 1)}
    assert check(people, features=("age", "pay"))["duplicate_share"].value == 0
    # Two people with the same values in two districts are two people.
    people = {"age": [30] * 40, "district": [place % 2 for place in range(40)], "n": list(range(40))}
    found = check(people, features=("age", "district"))
    assert found["duplicate_share"].detail["rows_that_repeat"] == 38


def test_a_file_of_identifiers_alone_has_no_duplicates_to_speak_of(check):
    assert "duplicate_share" not in check({"id": list(range(30))}, id_columns=("id",))


@pytest.mark.parametrize(
    ("values", "trap", "count"),
    [
        (["1,5", "2,25", "3", "4"], "decimal_comma_as_text", 2),
        (["1.234.567", "12.000.000"], "thousands_point_as_text", 2),
        (["15/03/2020", "01/02/2021"], "day_first_dates_as_text", 2),
        (["03/15/2020", "01/02/2021"], "month_first_dates_as_text", 2),
        (["03/04/2020", "01/02/2021"], "dates_of_unclear_order", 2),
        (["13/01/2020", "01/13/2020", "14/02/2020"], "two_orders_of_dates", 1),
        (["1.23E+11", "2.5E+12"], "scientific_notation_as_text", 2),
        (["#N/A", "Kinh", "#REF!"], "excel_error_value", 2),
        (["3-Jan", "Mar-03", "12-Th4", "A1"], "excel_turned_into_date", 3),
        (["Nguyá»…n", "Æ°á»›c", "Lan"], "utf8_read_as_windows_1252", 2),
        (["NguyÔn V¨n ®i", "Lan"], "tcvn3_font_encoding", 1),
        (["a\ufffdb", "c"], "undecodable_letter", 1),
        (["a\u200bb", "c\u00a0d", "e"], "invisible_sign", 2),
        (["không rõ", "Chưa có", "Kinh"], "word_for_nothing", 2),
        (["Nữ", "Nữ", "nữ", "Nu", "Nam"], "same_but_for_case_or_accents", 2),
        (["Hoà Bình", "Hòa Bình", "Hoà Bình"], "same_but_for_case_or_accents", 1),
        (["12", "13", "14"], "numbers_as_text", 3),
        ([1, 2, 3, 4, 5, 999, 999], "number_for_nothing", 2),
    ],
)
def test_a_trap_is_named_and_its_rows_are_counted(check, values, trap, count):
    found = check({"x": values})
    assert traps(found).get("x", {}).get(trap) == count, traps(found)
    assert found["text_traps"].value == sum(len(one) for one in traps(found).values())


@pytest.mark.parametrize(
    "values",
    [
        ["Hòa", "Hoa", "Họa"],
        ["Tày", "Tây", "Kinh"],
        ["A1", "B2", "C-3"],
        ["anh", "em"],
        ["Müller", "São Paulo", "Ñuñoa"],
        ["1/2", "3/4"],
        ["2020-01-31", "2021-02-28"],
        [1, 2, 3, 4, 5, 99],
        [10, 20, 999, 500, 800, 999],
        [1.5, 2.25, None],
    ],
)
def test_honest_columns_have_no_trap(check, values):
    assert traps(check({"x": values})) == {}


def test_what_reading_hides_is_found_in_the_file(check_file):
    lines = [f"0{n:04d};{n}.{n % 900 + 100};{n},5;1.2E+11" for n in range(1, 60)]
    found, table = check_file(b"\xef\xbb\xbfcode;money;ratio;big\n" + "\n".join(lines).encode(), ";", ",", "utf-8-sig")
    assert pa.types.is_integer(table.column("code").type)
    assert traps(found)["code"] == {"byte_order_mark": 59, "leading_zeros_lost": 59}
    assert "scientific_notation_as_text" in traps(found)["big"] or "scientific_notation" in traps(found)["big"]
    found, table = check_file(("a,b\n" + "".join(f"{n}.{n % 900 + 100},{n}.5\n" for n in range(1, 60))).encode())
    assert traps(found) == {"a": {"point_may_part_thousands": 59}}


def test_impossible_values_are_told_by_the_columns_name(check):
    honest = [30] * 60

    def among(*wrong):
        return [*wrong, *honest[len(wrong) :]]

    columns = {
        "tuổi": among(0, 120, 121, -1, None),
        "năm sinh": [1850, 3000, *[1970 + place % 40 for place in range(58)]],
        "month": [0, 13, *[1 + place % 12 for place in range(58)]],
        "x": [float("inf"), *[1.0] * 59],
        "day": ["31/01/2020", "31/02/2020", "29/02/2020", "29/02/2021"] + ["15/12/2020"] * 56,
        "anything": among(-1, 121, 3000, 13, 0),
        "year": [85] * 60,
        "age of the house": [place * 4 for place in range(60)],
        "age_months": [place * 10 for place in range(60)],
    }
    found = check(columns)["impossible_values"]
    assert found.detail["rows_by_column"] == {"tuổi": 2, "năm sinh": 2, "month": 2, "x": 1, "day": 2}
    assert found.value == 9


def test_schema_faults_are_mixed_columns_and_types_that_differ(check):
    evaluation = {"a": ["1", "2", "3", "abc"], "b": [1, 2, 3, 4], "c": ["k", "l", "m", "n"], "d": [None] * 4}
    training = {"a": ["1", "2"], "b": ["1", "x"], "c": ["k", "l"], "d": [1, 2]}
    found = check(evaluation, training=training, features=("a", "b"))["schema_faults"]
    assert found.value == 2
    assert found.detail["rows_of_the_lesser_kind"] == {"a": 1}
    assert found.detail["types_that_differ"] == {"b": "evaluation: numbers, training: text"}
    assert check(evaluation, role="training", training=training)["schema_faults"].detail["role"] == "training"


def test_degenerate_columns_of_every_type(check):
    columns = {
        "null": pa.nulls(3),
        "flag": [True, False, None],
        "when": [datetime.date(2020, 1, 1)] * 3,
        "list": pa.array([[1], [1], [2]]),
        "nan": [float("nan")] * 3,
        "one": ["a"] * 3,
    }
    found = check(columns)
    assert found["constant_columns"].detail["constant"] == ["null", "when", "nan", "one"]
    assert found["missing_share"].detail["rows_missing_by_column"] == {"null": 3, "flag": 1, "nan": 3}


def test_no_value_is_shown(run, data, subject):
    secret = ["Nguyễn Văn Bí Mật", "nguyễn văn bí mật", "0912345678 ", "1,5"]
    assert "Mật" not in str(run(CHECK, subject=subject({}), data=data({"x": secret}), training=None))


def test_inapplicable_with_reasons(why, data, subject):
    given = {"subject": subject({}), "training": None}
    assert "no rows" in why(CHECK, data=data({"a": pa.array([], pa.int64())}), **given)
    assert "no training data" in why(CHECK, params={"role": "training"}, data=data({"a": [1]}), **given)
