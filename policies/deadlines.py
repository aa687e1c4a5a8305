"""When something is due by the law of Viet Nam, each with the clause it comes from and how well that clause is known.

A working day is counted by :mod:`proofbox.policies.workdays`. Where a clause can be read in two ways the earlier day is
given, and the note says so. Nothing here is legal advice.
"""

from __future__ import annotations

import calendar as months
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.text import Text, t
from proofbox.policies.workdays import Calendar, calendar

LAW, DECREE = "vn-law-134-2025", "vn-decree-142-2026"
LIST, DATA = "vn-decision-33-2026", "vn-decree-356-2025"

IN_FORCE = datetime.date(2026, 3, 1)
LISTED_FROM = datetime.date(2026, 8, 15)
LONGER = frozenset({"health", "education", "credit"})
"""Sectors with eighteen months of transition: health, education, finance."""

TrialLevel = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One day, or moment, by which something is due."""

    what: Text
    due: datetime.datetime | datetime.date
    framework: str
    clause: str
    confidence: Literal["V", "V2"]
    """V: the clause's own text was read; V2: a secondary source was read."""
    note: Text | None = None


def incident(at: datetime.datetime, *, urgent: bool, reported: datetime.date | None = None) -> tuple[Deadline, ...]:
    """Return what is due after an incident (Decree 142, Article 19).

    Parameters
    ----------
    at
        When it became known, with its offset from UTC.
    urgent
        Whether it calls for the urgent preliminary report.
    reported
        When the preliminary report was sent; None where it has not been.
    """
    day = at.date()
    if urgent:
        first = Deadline(
            what=t("urgent preliminary report of the incident (72 hours)"),
            due=at + datetime.timedelta(hours=72),
            framework=DECREE,
            clause="19",
            confidence="V",
        )
    else:
        what = t("preliminary report of the incident (5 working days)")
        first = _in_working_days(what, day, 5, "19", calendar())
    note = t("counted from the incident, the earliest reading, until the day of the preliminary report is given")
    official = Deadline(
        what=t("official report of the incident (15 days)"),
        due=(reported or day) + datetime.timedelta(days=15),
        framework=DECREE,
        clause="19",
        confidence="V",
        note=None if reported else note,
    )
    return first, official


def reclassified(on: datetime.date) -> tuple[Deadline, ...]:
    """Return what is due after a system was found to be in a higher tier (Decree 142, Article 11)."""
    what = t("notice of the higher risk tier (15 working days)")
    return (_in_working_days(what, on, 15, "11", calendar()),)


def list_changed(on: datetime.date) -> tuple[Deadline, ...]:
    """Return until when a running system has time after the high-risk list changed (Decree 142, Article 11)."""
    due = plus_months(on, 12)
    what = t("end of the transition after the list of high-risk systems changed (12 months)")
    return (Deadline(what=what, due=due, framework=DECREE, clause="11", confidence="V"),)


def trial(level: TrialLevel, start: datetime.date, end: datetime.date) -> tuple[Deadline, ...]:
    """Return the reports of a controlled trial (Decree 142, Articles 25 and 27).

    Parameters
    ----------
    level
        Of the trial: levels 1 and 2 report every six months, level 3 every three.
    start, end
        First and last day of the trial.

    Raises
    ------
    ValueError
        The trial ends before it starts.
    """
    if end < start:
        raise ValueError(f"the trial ends on {end}, before it starts on {start}")
    return tuple(_trial(3 if level == 3 else 6, start, end))


def _trial(every: int, start: datetime.date, end: datetime.date) -> Iterator[Deadline]:
    number = 1
    while (due := plus_months(start, number * every)) < end:
        what = t("periodic report {number} of the trial (every {months} months)", number=number, months=every)
        yield Deadline(what=what, due=due, framework=DECREE, clause="25", confidence="V")
        number += 1
    yield Deadline(
        what=t("final report of the trial (at least 15 days before its end)"),
        due=end - datetime.timedelta(days=15),
        framework=DECREE,
        clause="25",
        confidence="V",
    )


def trial_incident(at: datetime.datetime) -> tuple[Deadline, ...]:
    """Return what is due after a serious incident, or an exceeded limit, in a trial (Decree 142, Article 25)."""
    what = t("report of a serious incident or an exceeded limit in the trial (72 hours)")
    due = at + datetime.timedelta(hours=72)
    return (Deadline(what=what, due=due, framework=DECREE, clause="25", confidence="V"),)


def transition(since: datetime.date, sector: str, *, listed: bool) -> tuple[Deadline, ...]:
    """Return until when a system that is in use already must meet the law.

    Parameters
    ----------
    since
        When it was put into use.
    sector
        As in ``submission.yaml``; ``credit`` stands for finance.
    listed
        Whether the list of high-risk systems (Decision 33/2026) names it.
    """
    found = []
    what = t("end of the transition for systems that were in use before the law")
    if since < IN_FORCE:
        due = datetime.date(2027, 9, 1) if sector in LONGER else datetime.date(2027, 3, 1)
        found.append(Deadline(what=what, due=due, framework=LAW, clause="35", confidence="V"))
    if listed and since < LISTED_FROM and sector in LONGER:
        what = t("end of the transition for listed systems of this sector")
        inferred = t("read for health, and inferred for education and finance")
        note = None if sector == "health" else inferred
        due = datetime.date(2027, 9, 1)
        found.append(Deadline(what=what, due=due, framework=LIST, clause="4(1)(a)", confidence="V2", note=note))
    if listed and LISTED_FROM <= since < plus_months(LISTED_FROM, 6):
        what = t("end of the transition for listed systems put into use in the first six months")
        due = datetime.date(2027, 3, 1)
        found.append(Deadline(what=what, due=due, framework=LIST, clause="4(3)", confidence="V2"))
    return tuple(found)


def breach(at: datetime.datetime) -> tuple[Deadline, ...]:
    """Return what is due after a breach of personal data (Decree 356, Article 29)."""
    what = t("notice of the breach of personal data (72 hours)")
    due = at + datetime.timedelta(hours=72)
    return (Deadline(what=what, due=due, framework=DATA, clause="29", confidence="V2"),)


def processing(start: datetime.date) -> tuple[Deadline, ...]:
    """Return what is due after personal data began to be processed (Decree 356, Article 19)."""
    what = t("impact assessment of the processing of personal data (60 days)")
    due = start + datetime.timedelta(days=60)
    return (Deadline(what=what, due=due, framework=DATA, clause="19", confidence="V2"),)


def plus_months(day: datetime.date, number: int) -> datetime.date:
    """Return the same day so many months later, or the last of that month where it has no such day."""
    index = day.month - 1 + number
    year, month = day.year + index // 12, index % 12 + 1
    return datetime.date(year, month, min(day.day, months.monthrange(year, month)[1]))


def _in_working_days(what: Text, start: datetime.date, days: int, clause: str, known: Calendar) -> Deadline:
    due = known.after(start, days)
    note = None
    if unknown := known.unknown(start, due):
        note = t(
            "the public holidays of {years} are not in our calendar: only weekends were left out, and holidays make it "
            "later",
            years=", ".join(map(str, unknown)),
        )
    return Deadline(what=what, due=due, framework=DECREE, clause=clause, confidence="V", note=note)
