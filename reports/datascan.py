"""What the data hold: personal data and the traps of files, as far as the record has them in a known shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from proofbox.policies.record import MeasurementRecord

PERSONAL, QUALITY = "privacy.personal_data", "data.quality"

KINDS: Mapping[str, Text] = {
    "address": t("address"),
    "bank_account": t("bank account"),
    "card": t("payment card"),
    "date_of_birth": t("date of birth"),
    "email": t("e-mail address"),
    "health_insurance": t("health insurance number"),
    "iban": t("bank account (IBAN)"),
    "licence_plate": t("licence plate"),
    "name": t("name of a person"),
    "passport": t("passport"),
    "phone": t("telephone number"),
    "uk_nino": t("national insurance number (UK)"),
    "us_ssn": t("social security number (US)"),
    "vn_citizen_id": t("citizen id of 12 digits (Viet Nam)"),
    "vn_old_id": t("identity card of 9 digits (Viet Nam)"),
    "vn_tax_code": t("tax code (Viet Nam)"),
}

TRAPS: Mapping[str, Text] = {
    "blanks_at_ends": t("blanks around the text; they were taken off"),
    "byte_order_mark": t("a byte order mark at the beginning; it was taken off"),
    "dates_of_unclear_order": t("dates of which day and month cannot be told apart"),
    "day_first_dates_as_text": t("dates with the day first, left as text"),
    "decimal_comma_as_text": t("numbers with a decimal comma, left as text"),
    "decomposed_unicode": t("letters and their accents typed apart (Unicode NFD); they were put together"),
    "excel_error_value": t("error values of a spreadsheet"),
    "excel_turned_into_date": t("codes that a spreadsheet turned into dates"),
    "invisible_sign": t("invisible signs within the text"),
    "leading_zeros_lost": t("numbers with leading zeros, which are lost when they are read as numbers"),
    "month_first_dates_as_text": t("dates with the month first, left as text"),
    "number_for_nothing": t("a number that seems to stand for a missing value"),
    "numbers_as_text": t("numbers that were left as text"),
    "only_blanks": t("cells of nothing but blanks; they count as missing"),
    "point_may_part_thousands": t("points that may part thousands and were read as decimal points"),
    "same_but_for_case_or_accents": t("categories that differ by case, blanks or accents alone; they were not merged"),
    "scientific_notation": t("numbers in scientific notation, which have lost digits"),
    "scientific_notation_as_text": t("numbers in scientific notation, left as text"),
    "tcvn3_font_encoding": t("text in an old TCVN3 font encoding"),
    "thousands_point_as_text": t("numbers with points between thousands, left as text"),
    "two_orders_of_dates": t("dates in two orders, day first and month first"),
    "undecodable_letter": t("letters that could not be decoded"),
    "utf8_read_as_windows_1252": t("UTF-8 text that was read as Windows-1252"),
    "word_for_nothing": t("words in place of a missing value; they count as missing"),
}

WAYS: Mapping[str, Text] = {"value": t("by the values"), "name": t("by the column's name")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalView:
    """One kind of personal data in one column."""

    file: Text
    column: str
    kind: Text
    cells: int
    way: Text
    declared: bool
    examples: tuple[str, ...]
    """Masked by the check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapView:
    """One trap in one column."""

    file: Text
    column: str
    trap: Text
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataView:
    """What was found in the data files."""

    personal: tuple[PersonalView, ...]
    traps: tuple[TrapView, ...]


def data_view(measurements: Iterable[MeasurementRecord]) -> DataView | None:
    """Return what the record says of the data; None where nothing was found or nobody looked."""
    personal: list[PersonalView] = []
    traps: list[TrapView] = []
    for item in measurements:
        # Two policies that look in different ways may say the same of a column.
        personal += [one for one in _personal(item) if one not in personal]
        traps += [one for one in _traps(item) if one not in traps]
    return DataView(personal=tuple(personal), traps=tuple(traps)) if personal or traps else None


def said_of_data(item: MeasurementRecord) -> Iterator[str]:
    """Yield one English line for each thing found in a measurement's detail, for a terminal."""
    for one in _personal(item):
        shown = f", for example {one.examples[0]}" if one.examples else ""
        declared = "declared" if one.declared else "not declared"
        yield f"{one.file} data, {one.column}: {one.kind}, {one.cells} cells, {one.way} ({declared}){shown}"
    for trap in _traps(item):
        yield f"{trap.file} data, {trap.column}: {trap.trap} ({trap.rows} rows)"


def _personal(item: MeasurementRecord) -> Iterator[PersonalView]:
    listed = item.detail.get("found") if item.check == PERSONAL else None
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict) or type(one.get("cells")) is not int:
            continue
        kind, way, examples = str(one.get("kind")), str(one.get("recognised_by")), one.get("examples_masked")
        yield PersonalView(
            file=_file(one.get("file")),
            column=str(one.get("column")),
            kind=KINDS.get(kind, Text("{x}", {"x": kind})),
            cells=_whole(one.get("cells")),
            way=WAYS.get(way, Text("{x}", {"x": way})),
            declared=one.get("declared") is True,
            examples=tuple(str(shown) for shown in examples) if isinstance(examples, list) else (),
        )


def _traps(item: MeasurementRecord) -> Iterator[TrapView]:
    listed = item.detail.get("rows_by_column_and_trap") if item.check == QUALITY else None
    for column, found in listed.items() if isinstance(listed, dict) else ():
        for trap, rows in found.items() if isinstance(found, dict) else ():
            if type(rows) is int:
                name = TRAPS.get(trap, Text("{x}", {"x": trap}))
                yield TrapView(file=_file(item.detail.get("role")), column=str(column), trap=name, rows=rows)


def _file(role: Json) -> Text:
    return t("training") if role == "training" else t("evaluation")


def _whole(value: Json) -> int:
    return value if type(value) is int else 0
