"""Whole numbers beyond 2**53, such as account numbers of 19 digits: read as the nearest float, shown digit by digit."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proofbox.checks.asked.changing import scalar
from proofbox.checks.grouped import grouprows
from proofbox.checks.properties.bank import Bank
from proofbox.checks.samples import features
from proofbox.reports.canonical import canonical_bytes

ACCOUNT = 2**53 + 1
"""Lies between two floats."""
COLUMN = pa.chunked_array([pa.array([ACCOUNT, 7, -(2**63)], pa.int64())])


@pytest.mark.parametrize("numbers", [grouprows.numbers, features.numbers])
def test_a_column_of_them_is_read(numbers):
    assert numbers(COLUMN).tolist() == [2.0**53, 7.0, -(2.0**63)]


@pytest.mark.parametrize(("cell", "shown"), [(ACCOUNT, "9007199254740993"), (-ACCOUNT, "-9007199254740993")])
def test_one_is_shown_whole_and_the_record_can_say_it(cell, shown):
    assert scalar(cell) == shown
    assert canonical_bytes([scalar(cell)]) == f'["{shown}"]'.encode()


@pytest.mark.parametrize("cell", [2**53, -(2**53), 0, True, None, "9007199254740993"])
def test_what_json_can_say_stays_what_it_is(cell):
    assert scalar(cell) is cell or scalar(cell) == cell


def test_the_bank_of_a_search_compares_them_as_numbers():
    bank = Bank(pa.table({"account": COLUMN}), {})
    assert bank.value(0, 0) == ACCOUNT
    assert bank.numbers(0)[2] == -(2.0**63)
