"""The rest of the printed report: what would settle what stayed open, identity, walls, measurements, words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from proofbox.reports import glossary, vocabulary
from proofbox.reports.papers.measured import files_table
from proofbox.reports.papers.paper import Block, Section, Words
from proofbox.reports.printed.pieces import badge, leaves, places, scalar, table, text
from proofbox.reports.printed.requirements import measurement_table

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.i18n import Translator
    from proofbox.reports.view import FindingView, ReportView

MOST_MEASUREMENTS = 400
"""As on the page; assessment.json has all."""


def open_section(a: Assessment, view: ReportView, say: Translator) -> Section:
    """Return what could not be concluded, and what would settle it."""
    blocks: list[Block] = []
    if view.unsettled:
        titles = ((say.gettext("Requirement"), 4), (say.gettext("Why"), 7), (say.gettext("What would settle it"), 6))
        rows = (
            (
                text(badge(item.finding.verdict, say), item.finding.requirement),
                text(say.sentence(item.finding.reason)),
                text(settles(item, say)),
            )
            for item in view.unsettled
        )
        blocks.append(table("", titles, rows))
    for title, listed in ((say.gettext("Checks that ended in an error"), a.errors),
                          (say.gettext("Checks with nothing to measure here"), a.inapplicable)):  # fmt: skip
        if listed:
            heads = ((say.gettext("Check"), 5), (say.gettext("Parameters"), 4), (say.gettext("Why"), 8))
            rows = (
                (text(one.check), text(scalar(dict(one.params), say)), text(say.sentence(one.reason))) for one in listed
            )
            blocks.append(table(title, heads, rows))
    title = say.gettext("What could not be concluded, and what would settle it")
    nothing = Words(text=say.gettext("Nothing was left open."))
    return Section(title=title, basis="", blocks=tuple(blocks) or (nothing,))


def settles(item: FindingView, say: Translator) -> str:
    """Return what would settle a finding, in the words of the page."""
    found = item.finding
    if found.verdict == "not-run" and found.check == "attestation":
        return say.gettext(
            "A dated statement by the person who answers for it; 'proofbox attestations export' writes the sheet."
        )
    if found.rows_needed is None:
        others = {
            "error": say.gettext("Mend the cause of the error and run again."),
            "not-run": say.gettext("Mend what came before it and run again."),
        }
        return others.get(found.verdict, say.gettext("More evidence; the reason says which."))
    group = found.rows_needed_group
    named = scalar(group.get("group"), say) if group else ""
    if group and group.get("itself"):
        return say.gettext("About {rows} further rows of the group {group}.", rows=found.rows_needed, group=named)
    said = [say.gettext("About {rows} further rows of the same composition.", rows=found.rows_needed)]
    if group:
        rows = cast("int", group.get("rows"))
        said.append(say.gettext("Or about {rows} further rows of one group alone: {group}.", rows=rows, group=named))
    return " ".join(said)


def identity_sections(a: Assessment, say: Translator) -> Iterator[Section]:
    """Yield what exactly was assessed."""
    yield Section(title=say.gettext("What exactly was assessed"), basis="", blocks=())
    model = places(leaves(a.subject.model, say)) if a.subject.model else None
    none = Words(text=say.gettext("No model was submitted: recorded decisions were assessed."))
    yield Section(title=say.gettext("Model"), basis="", blocks=(model or none,), level=2)
    yield Section(title=say.gettext("Data"), basis="", blocks=(places(leaves(a.subject.data, say)),), level=2)
    if declared := places(leaves(a.subject.declared, say)).places:
        title = say.gettext("Declared by the provider before the run")
        yield Section(
            title=title, basis="", blocks=(places(leaves(a.subject.declared, say)),) if declared else (), level=2
        )
    listed = [(str(one["path"]), cast("int", one["size"]), str(one["sha256"])) for one in a.subject.files]
    title = say.gettext("Files, as taken in")
    yield Section(title=title, basis="", blocks=files_table(listed, "", say), level=2)
    policies = places((f"{one.id} {one.version}", one.digest) for one in a.policies)
    yield Section(title=say.gettext("Policies"), basis="", blocks=(policies,), level=2)


def verify_section(a: Assessment, say: Translator) -> Section:
    """Return how anybody can verify what stands here."""
    made = say.gettext(
        "This report was made of an evidence bundle. The record is assessment.json in it; where the two differ, the"
        " record counts."
    )
    listed = say.gettext("manifest.json lists every file of the bundle with its size and SHA-256. Compare them with:")
    verified = say.gettext("Or let Proofbox do it; it needs no network, no MLflow and no model:")
    compared = say.gettext("Compare the digests above with those of the model and the data that you hold.")
    again = say.gettext(
        "Run again with the same seed ({seed}): everything but the times and host facts must come out the same.",
        seed=str(a.run.seed),
    )
    commands = (f"{listed} sha256sum assessment.json report.html", f"{verified} proofbox verify BUNDLE")
    lines = (made, *commands, compared, again)
    numbered = tuple(Words(text=f"{number}. {line}") for number, line in enumerate(lines, 1))
    return Section(title=say.gettext("How to verify this"), basis="", blocks=numbered)


def measurements_section(a: Assessment, say: Translator) -> Section:
    """Return every measurement, as far as a page shows them."""
    blocks: list[Block] = [measurement_table("", a.measurements[:MOST_MEASUREMENTS], say)]
    if (more := len(a.measurements) - MOST_MEASUREMENTS) > 0:
        said = say.gettext("and {count} more, listed in assessment.json.", count=more)
        blocks.append(Words(text=said, note=True))
    return Section(title=say.gettext("All measurements"), basis="", blocks=tuple(blocks))


def words_section(view: ReportView, say: Translator) -> Section:
    """Return the verdicts, measures and intervals in words."""
    verdicts = ((badge(one, say), say.text(meaning)) for one, meaning in vocabulary.VERDICT_MEANINGS.items())
    measures = (
        (say.heading(say.measure(one)), vocabulary.word(say, glossary.MEASURES, one))
        for one in view.measures
        if one in glossary.MEASURES
    )
    methods = ((one, vocabulary.word(say, glossary.METHODS, one)) for one in view.methods if one in glossary.METHODS)
    return Section(title=say.gettext("Words used here"), basis="", blocks=(places((*verdicts, *measures, *methods)),))
