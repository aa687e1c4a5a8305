"""Working days: Monday to Friday, without the public holidays of a data file that says which years it knows."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field

from proofbox.policies.model import Date, Filled, PolicyModel
from proofbox.policies.validation import validate
from proofbox.policies.yamlfile import read_yaml


class Year(PolicyModel):
    """The holidays of one year that fall on Monday to Friday."""

    year: int = Field(ge=2000, le=2200, strict=True)
    holidays: tuple[Date, ...] = Field(min_length=1)


class CalendarFile(PolicyModel):
    """``policies/calendars/<country>.yaml``."""

    schema_: Literal["proofbox/calendar/v1"] = Field(alias="schema")
    country: str = Field(pattern=r"^[A-Z]{2}$")
    source: Filled
    confidence: Literal["V", "V2"]
    checked_on: Date
    years: tuple[Year, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The holidays of a country, year by year."""

    years: Mapping[int, frozenset[datetime.date]]
    source: str

    def after(self, start: datetime.date, days: int) -> datetime.date:
        """Return the working day that is so many working days after ``start``, which itself does not count."""
        found = start
        while days > 0:
            found += datetime.timedelta(days=1)
            days -= self.works(found)
        return found

    def works(self, day: datetime.date) -> bool:
        """Return whether a day is a working day; of a year that is not known, only weekends are no working days."""
        return day.weekday() < 5 and day not in self.years.get(day.year, frozenset())

    def unknown(self, start: datetime.date, end: datetime.date) -> tuple[int, ...]:
        """Return the years from ``start`` to ``end`` whose holidays are not known."""
        return tuple(year for year in range(start.year, end.year + 1) if year not in self.years)


@cache
def calendar(country: str = "vn") -> Calendar:
    """Return the calendar of a country that there is a file of."""
    path = resources.files("proofbox.policies").joinpath("calendars", f"{country}.yaml")
    given = validate(read_yaml(path.read_bytes(), path.name), CalendarFile)
    years = {item.year: frozenset(map(datetime.date.fromisoformat, item.holidays)) for item in given.years}
    return Calendar(years=years, source=given.source)
