"""Figures as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.checks.documents.figures import read_figure


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("84.3 %", 0.843),
        ("84,3%", 0.843),
        ("84,3 phần trăm", 0.843),
        ("0,843", 0.843),
        ("**0.84** ± 0.02", 0.84),
        ("0.84 (95 % CI 0.81–0.87)", 0.84),
        ("0.84 [0.81, 0.87]", 0.84),
        ("≥ 0.80", 0.8),
        ("ít nhất 80 %", 0.8),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("\u22120.2", -0.2),
        (0.5, 0.5),
        (1, 1.0),
    ],
)
def test_what_is_understood(written, value):
    assert read_figure(written).value == pytest.approx(value)


@pytest.mark.parametrize(
    "written",
    ["", "n/a", "84 of 100", "0.81–0.87", "0.8.4", "1,2,3", "1.2,3.4,5", "1e5", "high", True, None, [1], float("inf"),
     "9" * 81, "0.9 on men", "١٢٣", "²"],
)  # fmt: skip
def test_what_leaves_a_doubt_is_not_read(written):
    assert read_figure(written) is None


@given(st.floats(min_value=0, max_value=1), st.integers(min_value=1, max_value=6))
def test_a_share_is_the_same_in_every_notation(value, digits):
    plain = f"{value:.{digits}f}"
    percent = f"{value * 100:.{digits}f} %"
    assert read_figure(plain).value == pytest.approx(read_figure(plain.replace(".", ",")).value)
    assert read_figure(percent).value == pytest.approx(value, abs=10.0**-digits)


@given(st.text(max_size=60))
def test_any_text_is_a_figure_or_nothing(text):
    found = read_figure(text)
    assert found is None or found.value == found.value


def test_a_figure_above_one_of_a_share_is_percent():
    assert read_figure("84.3").as_share().value == pytest.approx(0.843)
    assert read_figure("0.843").as_share().value == 0.843
    assert read_figure("1").as_share().value == 1
    assert read_figure("84.3 %").as_share().value == pytest.approx(0.843)
