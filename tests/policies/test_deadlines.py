"""Deadlines, each against its clause and worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.policies import deadlines
from proofbox.policies.workdays import calendar

HANOI = timezone(timedelta(hours=7))
DAYS = st.dates(date(2024, 1, 1), date(2030, 1, 1))


def due(found) -> list[str]:
    return [item.due.isoformat() for item in found]


def test_an_urgent_report_is_due_72_hours_later_to_the_minute():
    at = datetime(2026, 4, 29, 23, 30, tzinfo=HANOI)
    first, official = deadlines.incident(at, urgent=True)
    assert first.due == datetime(2026, 5, 2, 23, 30, tzinfo=HANOI)
    assert (first.framework, first.clause, first.confidence) == ("vn-decree-142-2026", "19", "V")
    assert official.due == date(2026, 5, 14)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-25", "2026-12-02"),  # a Wednesday: one weekend between
        ("2026-11-28", "2026-12-04"),  # a Saturday: counting begins on Monday
        ("2026-02-13", "2026-02-27"),  # the Friday before Tet: a whole week falls out
        ("2026-04-24", "2026-05-06"),  # Hung Kings on Monday, 30 April and 1 May
        ("2026-08-31", "2026-09-09"),  # National Day, two days
        ("2025-12-31", "2026-01-08"),  # New Year, and a year before the file begins
    ],
)
def test_other_reports_are_due_after_five_working_days(day: str, expected: str):
    first, _ = deadlines.incident(datetime.fromisoformat(f"{day}T10:00+07:00"), urgent=False)
    assert first.due.isoformat() == expected


def test_the_official_report_counts_from_the_preliminary_one_once_that_is_known():
    at = datetime(2026, 11, 25, 9, tzinfo=HANOI)
    early, late = (deadlines.incident(at, urgent=True, reported=sent)[1] for sent in (None, date(2026, 11, 27)))
    assert (early.due, late.due) == (date(2026, 12, 10), date(2026, 12, 12))
    assert early.note is not None
    assert late.note is None


def test_a_year_that_is_not_in_the_calendar_is_said():
    (known,) = deadlines.reclassified(date(2026, 11, 25))
    assert (known.due, known.note, known.clause) == (date(2026, 12, 16), None, "11")
    (unknown,) = deadlines.reclassified(date(2026, 12, 21))
    assert unknown.due == date(2027, 1, 11)
    assert "holidays of 2027 are not in our calendar" in str(unknown.note)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (1, ["2026-06-01", "2026-11-16"]),
        (2, ["2026-06-01", "2026-11-16"]),
        (3, ["2026-03-01", "2026-06-01", "2026-09-01", "2026-11-16"]),
    ],
)
def test_reports_of_a_trial_by_its_level(level: deadlines.TrialLevel, expected: list[str]):
    found = deadlines.trial(level, date(2025, 12, 1), date(2026, 12, 1))
    assert due(found) == expected
    assert {item.clause for item in found} == {"25"}


def test_a_trial_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        deadlines.trial(1, date(2026, 2, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("since", "sector", "listed", "expected"),
    [
        ("2026-02-28", "health", False, ["2027-09-01"]),
        ("2026-02-28", "education", False, ["2027-09-01"]),
        ("2026-02-28", "credit", False, ["2027-09-01"]),
        ("2026-02-28", "justice", False, ["2027-03-01"]),
        ("2026-03-01", "health", False, []),
        ("2026-08-14", "health", True, ["2027-09-01"]),
        ("2026-08-14", "justice", True, []),
        ("2026-08-15", "justice", True, ["2027-03-01"]),
        ("2027-02-14", "health", True, ["2027-03-01"]),
        ("2027-02-15", "health", True, []),
        ("2026-01-01", "health", True, ["2027-09-01", "2027-09-01"]),
    ],
)
def test_transitions(since: str, sector: str, listed: bool, expected: list[str]):
    assert due(deadlines.transition(date.fromisoformat(since), sector, listed=listed)) == expected


def test_what_is_inferred_is_said_to_be():
    (health,) = deadlines.transition(date(2026, 8, 1), "health", listed=True)
    (credit,) = deadlines.transition(date(2026, 8, 1), "credit", listed=True)
    assert (health.note, health.confidence) == (None, "V2")
    assert "inferred" in str(credit.note)


def test_the_others():
    at = datetime(2026, 12, 31, 12, tzinfo=HANOI)
    assert due(deadlines.breach(at)) == due(deadlines.trial_incident(at)) == ["2027-01-03T12:00:00+07:00"]
    assert due(deadlines.processing(date(2026, 1, 1))) == ["2026-03-02"]
    assert due(deadlines.list_changed(date(2028, 2, 29))) == ["2029-02-28"]


@given(DAYS, st.integers(1, 40))
def test_a_working_day_is_one_and_there_are_so_many_up_to_it(start: date, days: int):
    known = calendar()
    found = known.after(start, days)
    assert known.works(found)
    between = (start + timedelta(days=step) for step in range(1, (found - start).days + 1))
    assert sum(map(known.works, between)) == days


@given(DAYS, st.integers(0, 60))
def test_months_keep_the_day_or_take_the_last(day: date, number: int):
    later = deadlines.plus_months(day, number)
    assert (later.year - day.year) * 12 + later.month - day.month == number
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_the_holidays_of_a_year_are_eleven_on_days_from_monday_to_friday():
    known = calendar()
    assert set(known.years) == {2026}
    for year, holidays in known.years.items():
        assert len(holidays) == 11
        assert all(day.year == year and day.weekday() < 5 for day in holidays)
    assert known.source
