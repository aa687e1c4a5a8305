"""What a terminal, a pipe or a CI log is told of an assessment: the conclusion, why, and where the report is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from proofbox.checks.text import Text, t
from proofbox.reports import vocabulary
from proofbox.reports.attempts import attempt_text
from proofbox.reports.expiry import expiry_warning
from proofbox.reports.gating import gate_lines, gate_view
from proofbox.reports.i18n import Translator
from proofbox.reports.queries import queries_line
from proofbox.reports.visible import visible
from proofbox.reports.waiving import waiver_line
from proofbox.reports.walls import isolated

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, Finding

_COLOURS = {"conforms": "green", "does-not-conform": "red", "undetermined": "yellow"}
_SHOWN = 8
_LEFT_OPEN = ("inconclusive", "error", "not-run")


def safe_terminal(text: str) -> str:
    """Return ``text`` with every character that could move the cursor or reorder the line written as an escape."""
    return visible(text)


def summary_lines(assessment: Assessment, language: str = "en") -> list[str]:
    """Return the summary as plain lines, safe for any terminal; the first one is the conclusion."""
    return [line for line, _ in _lines(assessment, Translator(language))]


def print_summary(
    assessment: Assessment,
    *,
    report: Path | None = None,
    bundle: Path | None = None,
    keyid: str | None = None,
    language: str = "en",
    file: TextIO | None = None,
) -> None:
    """Print the summary, in colour on a terminal and as plain lines in a pipe or in CI."""
    out = file or sys.stdout
    translator = Translator(language)
    lines = _lines(assessment, translator)
    unsigned, signed = t("Evidence bundle (unsigned): {path}"), t("Evidence bundle (signed, key {key}): {path}")
    for path, label in ((report, t("Report: {path}")), (bundle, signed if keyid else unsigned)):
        if path is not None:
            told = translator.gettext(label.template, path=str(path), key=(keyid or "")[:16])
            lines.append((safe_terminal(told), ""))
    if not _coloured(out):
        print("\n".join(line for line, _ in lines), file=out)
        return
    from rich.console import Console
    from rich.text import Text as Styled

    # Styled text and never markup strings: a name in square brackets is a name.
    console = Console(file=out, highlight=False, soft_wrap=True)
    for line, style in lines:
        console.print(Styled(line, style=style))


def _coloured(out: TextIO) -> bool:
    quiet = os.environ.get("NO_COLOR") or os.environ.get("CI") or os.environ.get("TERM") == "dumb"
    return out.isatty() and not quiet


def _lines(assessment: Assessment, translator: Translator) -> list[tuple[str, str]]:
    """Return (line, style) pairs; every line has been made safe."""
    policies = ", ".join(f"{policy.id} {policy.version}" for policy in assessment.policies)
    product = assessment.subject.product
    lines = [
        (
            translator.gettext(
                "{conclusion}: {product}, judged against {policies}",
                conclusion=vocabulary.word(translator, vocabulary.CONCLUSIONS, assessment.conclusion).upper(),
                product=" ".join(str(product[key]) for key in ("name", "version") if product.get(key)) or "–",
                policies=policies,
            ),
            f"bold {_COLOURS[assessment.conclusion]}",
        ),
        (_tally(assessment, translator), ""),
    ]
    musts = [finding for finding in assessment.findings if finding.level == "must"]
    failed = [finding for finding in musts if finding.verdict == "fail"]
    unsettled = [finding for finding in musts if finding.verdict in _LEFT_OPEN]
    lines += _section(t("What failed, and why"), failed, translator)
    lines += _section(t("What could not be concluded"), unsettled, translator)
    lines += _advised(assessment, translator)
    notice = translator.gettext(
        "Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision."
    )
    if gate := gate_view(assessment.run.detail):
        lines += [(line, "") for line in gate_lines(gate, translator)]
    lines.append((translator.sentence(attempt_text(assessment.run)), "dim"))
    if line := queries_line(assessment.run.detail, translator):
        lines.append((line, "dim"))
    warnings = (expiry_warning(policy, assessment, translator) for policy in assessment.policies)
    lines += [(f"! {warning}", "bold red") for warning in warnings if warning]
    if isolated(assessment.run.selfcheck) is False:
        lines.append((translator.text(vocabulary.NOT_ISOLATED), "bold red"))
    return [(safe_terminal(line), style) for line, style in [*lines, (notice, "dim")]]


def _tally(assessment: Assessment, translator: Translator) -> str:
    verdicts = [finding.verdict for finding in assessment.findings]
    counts = [
        f"{vocabulary.word(translator, vocabulary.VERDICTS, verdict)} {verdicts.count(verdict)}"
        for verdict in vocabulary.VERDICTS
        if verdict in verdicts
    ]
    return translator.gettext("Requirements by verdict") + ": " + ", ".join(counts)


def _section(title: Text, findings: list[Finding], translator: Translator) -> list[tuple[str, str]]:
    if not findings:
        return []
    lines = [(translator.text(title), "bold")]
    for finding in findings[:_SHOWN]:
        verdict = vocabulary.word(translator, vocabulary.VERDICTS, finding.verdict)
        sign = vocabulary.SYMBOLS[finding.verdict]
        waived = "" if finding.waiver is None else f", {waiver_line(translator, finding.waiver)}"
        lines.append((f"  {sign} {finding.requirement} [{verdict}{waived}] {translator.sentence(finding.reason)}", ""))
    if len(findings) > _SHOWN:
        more = translator.gettext("and {count} more, in the report.", count=len(findings) - _SHOWN)
        lines.append((f"    {more}", ""))
    return lines


def _advised(assessment: Assessment, translator: Translator) -> list[tuple[str, str]]:
    """Name what is not met and counts in the tally, although it bears on no conclusion."""
    found = [one for one in assessment.findings if one.level == "should" and one.verdict in ("fail", *_LEFT_OPEN)]
    if not found:
        return []
    shown = ", ".join(f"{vocabulary.SYMBOLS[one.verdict]} {one.requirement}" for one in found[:_SHOWN])
    more = translator.gettext("and {count} more, in the report.", count=len(found) - _SHOWN)
    tail = f" {more}" if len(found) > _SHOWN else ""
    return [(f"{translator.gettext('Advised, and not met')}: {shown}{tail}", "")]
