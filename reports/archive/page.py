"""The archive as one static page, in either language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from proofbox.checks.text import t
from proofbox.reports import vocabulary
from proofbox.reports.archive.views import OUTCOMES, attempts, conclusions_by, controls, failed_by
from proofbox.reports.i18n import Translator
from proofbox.reports.pages import render_page

if TYPE_CHECKING:
    from proofbox.reports.archive.entries import Archive, Entry
    from proofbox.reports.archive.views import Attempts

OUTCOME_WORDS = {
    "failed": t("Failed"),
    "left-open": t("Left open"),
    "met": t("Met"),
    "not-applicable": t("Not applicable"),
}
MOST_COLUMNS = 12
"""Sectors or months of the tables of controls; the last ones, by name. All are in the parquet file."""
MOST_PRODUCTS = 300
"""Those with the most attempts: a page of a hundred thousand rows is read by nobody, and opens in no browser."""
MOST_LEFT_OUT = 200


def render_archive(archive: Archive, language: str) -> str:
    """Return the page in ``en`` or ``vi``.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    translator, entries = Translator(language), archive.entries
    tried = attempts(entries)
    sectors = conclusions_by(entries, lambda entry: entry.sector)
    return render_page(
        "archive.html.j2",
        translator,
        v=vocabulary,
        archive=archive,
        total=len(entries),
        most_left_out=MOST_LEFT_OUT,
        conclusions=vocabulary.CONCLUSIONS,
        all_of_them=conclusions_by(entries, lambda _entry: "").get("", {}),
        controls=controls(entries),
        outcomes=tuple((key, translator.text(OUTCOME_WORDS[key])) for key in OUTCOMES),
        tables=(
            (translator.gettext("By sector"), *_columns(entries, lambda entry: entry.sector)),
            (translator.gettext("By month"), *_columns(entries, lambda entry: entry.month)),
        ),
        sectors=sectors,
        months=conclusions_by(entries, lambda entry: entry.month),
        shown={sector: vocabulary.word(translator, vocabulary.SECTORS, sector) for sector in sectors},
        products=_most_tried(tried),
        all_products=len(tried),
    )


def _columns(
    entries: Sequence[Entry], of: Callable[[Entry], str]
) -> tuple[tuple[str, ...], dict[tuple[str, str], dict[str, tuple[int, int]]]]:
    values, counts = failed_by(entries, of)
    return values[-MOST_COLUMNS:], counts


def _most_tried(tried: Sequence[Attempts]) -> list[Attempts]:
    most = sorted(tried, key=lambda one: -one.attempts)[:MOST_PRODUCTS]
    return sorted(most, key=lambda one: (one.provider, one.product))
