"""An assessment, or measurements, as a piece of a notebook's page: self-contained, escaped, in either language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary
from proofbox.reports.i18n import Translator
from proofbox.reports.pages import render_page
from proofbox.reports.walls import isolated

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, MeasurementRecord, ReasonRecord

_ORDER = tuple(vocabulary.VERDICTS)
_SIGNS = {"conforms": "pass", "does-not-conform": "fail", "undetermined": "inconclusive"}


def assessment_html(assessment: Assessment, language: str = "en") -> str:
    """Return an assessment as a fragment of HTML: conclusion, what was not isolated, and every finding with its reason.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    tr = Translator(language)
    product = assessment.subject.product
    policies = ", ".join(f"{policy.id} {policy.version}" for policy in assessment.policies)
    # What failed first, then what was left open, and what passed at the end.
    ranked = sorted(assessment.findings, key=lambda one: (one.verdict == "pass", _ORDER.index(one.verdict), one.level))
    rows = [
        (
            f"{vocabulary.SYMBOLS[one.verdict]} {vocabulary.word(tr, vocabulary.VERDICTS, one.verdict)}",
            f"{one.requirement} ({vocabulary.word(tr, vocabulary.LEVELS, one.level)})",
            tr.sentence(one.reason),
        )
        for one in ranked
    ]
    verdicts = [one.verdict for one in assessment.findings]
    counts = [
        f"{vocabulary.word(tr, vocabulary.VERDICTS, verdict)} {verdicts.count(verdict)}"
        for verdict in _ORDER
        if verdict in verdicts
    ]
    open_ = isolated(assessment.run.selfcheck) is False
    return render_page(
        "notebook.html.j2",
        tr,
        sign=vocabulary.SYMBOLS[_SIGNS[assessment.conclusion]],
        conclusion=vocabulary.word(tr, vocabulary.CONCLUSIONS, assessment.conclusion),
        product=" ".join(str(product[key]) for key in ("name", "version") if product.get(key)),
        judged=policies,
        warning=tr.text(vocabulary.NOT_ISOLATED) if open_ else "",
        tally=f"{tr.gettext('Requirements by verdict')}: {', '.join(counts)}",
        heads=(tr.gettext("Verdict"), tr.gettext("Requirement"), tr.gettext("Reason")),
        rows=rows,
    )


def measurements_html(
    title: str, measurements: Sequence[MeasurementRecord], reasons: Iterable[ReasonRecord], language: str = "en"
) -> str:
    """Return measurements as a fragment of HTML, with the reasons for what was not measured.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    tr = Translator(language)
    rows = [
        (
            tr.measure(one.measure)
            + (f" ({', '.join(f'{k}: {v}' for k, v in one.group.items())})" if one.group else ""),
            tr.measured(one.value),
            f"{tr.measured(one.interval.low)} – {tr.measured(one.interval.high)}" if one.interval else "–",
            tr.number(one.sample_size),
        )
        for one in measurements
    ]
    rows += [(one.check, "–", tr.sentence(one.reason), "–") for one in reasons]
    heads = ("Measure", "Value", "Interval", "Rows")
    return render_page(
        "notebook.html.j2",
        tr,
        sign="",
        conclusion=title,
        product="",
        judged="",
        warning="",
        tally="",
        heads=tuple(tr.gettext(head) for head in heads),
        rows=rows,
    )
