"""The report: one HTML file that needs no script, no network and no other file, in either language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.reports import glossary, vocabulary
from proofbox.reports.attempts import attempt_text
from proofbox.reports.datascan import data_view
from proofbox.reports.degradation import curve_views
from proofbox.reports.documents import documents_view
from proofbox.reports.evasions import evasion_views
from proofbox.reports.filescan import files_view
from proofbox.reports.gating import STATES, baseline_sentence, gate_sentence, gate_view, words_of_test
from proofbox.reports.i18n import LANGUAGES, Translator
from proofbox.reports.leakscan import leaks_view
from proofbox.reports.origin import origin_view
from proofbox.reports.pages import environment, render_page
from proofbox.reports.queries import queries_view
from proofbox.reports.rates import group_counts, strata_of
from proofbox.reports.view import build_view
from proofbox.reports.waiving import waiver_decision, waiver_line

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment


def render_html(assessment: Assessment, language: str = "en", keyid: str | None = None) -> str:
    """Return the report of one assessment as one self-contained page.

    Parameters
    ----------
    assessment
        The record. Two records that are equal give the same page, byte for byte.
    language
        ``en`` or ``vi``.
    keyid
        sha256 of the key that the bundle is signed with, 64 hex digits; None: the page says that it is unsigned.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    translator = Translator(language)
    return render_page(
        "report.html.j2",
        translator,
        a=assessment,
        keyid=keyid,
        view=build_view(assessment, translator),
        v=vocabulary,
        glossary=glossary,
        files=files_view(assessment.measurements),
        held=data_view(assessment.measurements),
        documents=documents_view(assessment.measurements),
        leaks=leaks_view(assessment.measurements),
        origin=origin_view(assessment.measurements),
        waiver_line=waiver_line,
        waiver_decision=waiver_decision,
        curves=curve_views(assessment.measurements, translator),
        asked=queries_view(assessment.run.detail),
        gate=gate_view(assessment.run.detail),
        states=STATES,
        say_gate=gate_sentence,
        say_baseline=baseline_sentence,
        say_test=words_of_test,
        attempt=attempt_text(assessment.run),
        attacks=tuple(evasion_views(assessment.measurements, translator)),
        group_counts=group_counts,
        strata_of=strata_of,
    )  # fmt: skip


def preload() -> None:
    """Prepare all that rendering needs: who has many reports to write does it once."""
    for name in environment().list_templates(extensions=["j2"]):
        environment().get_template(name)
    for language in LANGUAGES:
        Translator(language).number(0.5)
