"""The archive as one static page, in either language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofbox.checks.text import t
from proofbox.reports import vocabulary
from proofbox.reports.archive.views import OUTCOMES, attempts, conclusions_by, controls, failed_by
from proofbox.reports.i18n import Translator
from proofbox.reports.pages import render_page

if TYPE_CHECKING:
    from proofbox.reports.archive.entries import Entry, LeftOut
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


def render_archive(
    entries: Sequence[Entry], left_out: Sequence[LeftOut], again: int, policies: Sequence[str], language: str
) -> str:
    """Return the page.

    Parameters
    ----------
    entries
        The assessments.
    left_out
        The bundles that were left out; the page names the first of them.
    again
        How many bundles stand at a second place, and are counted once.
    policies
        id and version of the policies that all were judged under; empty: each bundle's own.
    language
        ``en`` or ``vi``.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    translator, tried = Translator(language), attempts(entries)
    by_sector, sector_counts = failed_by(entries, lambda entry: entry.sector)
    by_month, month_counts = failed_by(entries, lambda entry: entry.month)
    return render_page(
        "archive.html.j2",
        translator,
        v=vocabulary,
        total=len(entries),
        left_out=left_out,
        most_left_out=MOST_LEFT_OUT,
        again=again,
        policies=policies,
        conclusions=vocabulary.CONCLUSIONS,
        all_of_them=conclusions_by(entries, lambda _entry: "").get("", {}),
        controls=controls(entries),
        outcomes=tuple((key, translator.text(OUTCOME_WORDS[key])) for key in OUTCOMES),
        tables=(
            (translator.gettext("By sector"), by_sector[-MOST_COLUMNS:], sector_counts),
            (translator.gettext("By month"), by_month[-MOST_COLUMNS:], month_counts),
        ),
        sectors=conclusions_by(entries, lambda entry: entry.sector),
        months=conclusions_by(entries, lambda entry: entry.month),
        products=_most_tried(tried),
        all_products=len(tried),
    )


def _most_tried(tried: Sequence[Attempts]) -> list[Attempts]:
    most = sorted(tried, key=lambda one: -one.attempts)[:MOST_PRODUCTS]
    return sorted(most, key=lambda one: (one.provider, one.product))
