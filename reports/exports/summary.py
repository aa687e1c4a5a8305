"""A summary in Markdown, as GitHub and GitLab show it below a job: the conclusion first, then what needs attention."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t
from proofbox.reports import vocabulary
from proofbox.reports.exports.entries import (
    Entry,
    Locations,
    cases_of,
    entries,
    product_name,
    reason_of,
    remedy_of,
    title_of,
)
from proofbox.reports.gating import baseline_sentence, failing_line, gate_sentence, gate_view, words_of_test
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import markdown
from proofbox.reports.walls import isolated

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment

MOST_SHOWN = 30
"""Findings of one section: a job's summary is for reading, and GitHub takes at most 1 MiB of it."""

_SIGNS = {"conforms": "✅", "does-not-conform": "❌", "undetermined": "❔"}
# GFM makes a link of a bare "www." too (autolinks, section 6.9); a backslash before the point ends that, unseen.
_BARE = re.compile(r"(?i)(www)\.")


def summary_markdown(assessment: Assessment, locations: Locations | None = None, language: str = "en") -> str:
    """Return the summary; names are shown as they are and mark nothing up."""
    translator = Translator(language)
    found = entries(assessment, locations)
    lines = [*_head(assessment, translator), "", *_tally(found, translator)]
    waived = [entry for entry in found if entry.standing == "broken" and entry.waived]
    broken = [entry for entry in found if entry.standing == "broken" and not entry.waived]
    sections: tuple[tuple[Text, list[Entry]], ...] = (
        (t("What failed, and why"), broken),
        (t("Failed, and waived by a person"), waived),
        (t("What could not be concluded"), [entry for entry in found if entry.standing == "open"]),
        (t("Advised, and not met"), [entry for entry in found if entry.standing == "advice"]),
    )
    for title, chosen in sections:
        lines += _section(title, chosen, translator)
    lines += _gate(assessment, translator)
    lines += ["", *_foot(assessment, translator)]
    return "\n".join(lines) + "\n"


def safe(text: str) -> str:
    """Return foreign text for one line of GitHub's Markdown: no markup, no link, no HTML, no line break."""
    return _BARE.sub(r"\1\\.", markdown(text))


def _head(assessment: Assessment, translator: Translator) -> Iterator[str]:
    word = vocabulary.word(translator, vocabulary.CONCLUSIONS, assessment.conclusion)
    yield f"## {_SIGNS[assessment.conclusion]} {word}: {safe(product_name(assessment))}"
    yield ""
    yield translator.text(vocabulary.CONCLUSION_SENTENCES[assessment.conclusion])
    if isolated(assessment.run.selfcheck) is False:
        yield ""
        yield f"**{translator.text(vocabulary.NOT_ISOLATED)}**"


def _tally(found: tuple[Entry, ...], translator: Translator) -> Iterator[str]:
    levels = [vocabulary.word(translator, vocabulary.LEVELS, level) for level in ("must", "should")]
    yield f"| {translator.gettext('Verdict')} | {' | '.join(levels)} |"
    yield "|---|---:|---:|"
    for verdict in vocabulary.VERDICTS:
        counts = [
            sum((entry.finding.verdict, entry.finding.level) == (verdict, level) for entry in found)
            for level in ("must", "should")
        ]
        if any(counts):
            sign = vocabulary.SYMBOLS[verdict]
            word = vocabulary.word(translator, vocabulary.VERDICTS, verdict)
            yield f"| {sign} {word} | {counts[0]} | {counts[1]} |"


def _section(title: Text, chosen: list[Entry], translator: Translator) -> Iterator[str]:
    if not chosen:
        return
    yield ""
    yield f"### {translator.text(title)}"
    yield ""
    for entry in chosen[:MOST_SHOWN]:
        finding = entry.finding
        word = vocabulary.word(translator, vocabulary.VERDICTS, finding.verdict)
        place = f" ({safe(entry.locations[0].file)}:{entry.locations[0].line})" if entry.locations else ""
        name = f"**{safe(finding.requirement)}** {safe(title_of(entry, translator))}"
        yield f"- {vocabulary.SYMBOLS[finding.verdict]} {name} [{word}]{place}: {safe(reason_of(entry, translator))}"
        yield from (f"  - {safe(said)}" for said in cases_of(entry, translator)[:3])
        if remedy := remedy_of(entry, translator):
            yield f"  - {safe(remedy)}"
    if len(chosen) > MOST_SHOWN:
        yield f"- {translator.gettext('and {count} more, in the report.', count=len(chosen) - MOST_SHOWN)}"


def _gate(assessment: Assessment, translator: Translator) -> Iterator[str]:
    """Yield how the findings stand to the baseline, and which measures moved; nothing where there was no gate."""
    gate = gate_view(assessment.run.detail)
    if gate is None:
        return
    yield from ("", f"### {translator.gettext('The gate, and what was failing before')}", "")
    yield from (safe(line) for line in (baseline_sentence(gate, translator),) if line)
    yield from ("", safe(gate_sentence(gate, translator)), "")
    if gate.baseline is not None:
        yield from (f"- {safe(failing_line(one, translator))}" for one in gate.failing[:MOST_SHOWN])
    if gate.moved:
        heads = ("Measure", "Before", "Now", "What a test says")
        yield from ("", f"| {' | '.join(translator.gettext(head) for head in heads)} |", "|---|---:|---:|---|")
    for one in gate.moved[:MOST_SHOWN]:
        name = translator.measure(one.measure) + (f" ({one.about})" if one.about else "")
        values = ["–" if value is None else translator.measured(value) for value in (one.before, one.after)]
        yield f"| {safe(name)} | {' | '.join(values)} | {safe(words_of_test(one, translator))} |"


def _foot(assessment: Assessment, translator: Translator) -> Iterator[str]:
    policies = ", ".join(f"{policy.id} {policy.version}" for policy in assessment.policies)
    yield translator.gettext(
        "Judged against {policies}; submission {digest}; seed {seed}.",
        policies=safe(policies),
        digest=f"`{assessment.subject.digest[:12]}`",
        seed=str(assessment.run.seed),
    )
    yield ""
    notice = "Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision."
    yield f"*{translator.gettext(notice)}*"
