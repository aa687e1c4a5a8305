"""A Vietnamese reader can read the whole Vietnamese report: nothing in it is left in English.

The page is made with a catalogue whose every translation stands in brackets, and so do the policy's own Vietnamese
texts. What then stands outside the brackets was written by no translator: it must be data of the record, such as a
name, or stand in one of the two lists below with the reason why it stays as it is.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from proofbox.checks.registry import all_checks
from proofbox.checks.result import Json
from proofbox.policies.record_json import from_json
from proofbox.reports import i18n
from proofbox.reports.html import render_html

RECORD = Path(__file__).parent / "records" / "every-part.json.gz"
OPEN, SHUT = "\u27e6", "\u27e7"
LITERAL = re.compile(r"\S(?:.*\S)?", re.DOTALL)
INNERMOST = re.compile(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}")
WORD = re.compile(r"[^\W\d_]{2,}")
SHOWN = frozenset({"alt", "title", "aria-label", "placeholder"})
EMPTY = frozenset({"meta", "img", "br", "hr", "input", "link", "col"})

STAYS = {
    r"ngày \d+ tháng \d+ năm \d+": "a date, written by the rules of the calendar and by no translator",
    r"Proofbox|proofbox": "the product's name",
    r"SHA-256|MLflow|CycloneDX|UTC|RLIMIT_[A-Z]+|seccomp": "names of standards, of programs and of the kernel's means",
    r"counterexamples/c-[0-9a-f]{16}\.json|submission\.yaml": "a file of the bundle",
    r"\b[cm]-[0-9a-f]{16}\b": "the id of a counterexample or of a measurement",
    r"\{\"check\":.*\}": "a check with its parameters, as the record names a task",
    r"\b(?:bom|notice|operation_log|system_card|classification_dossier)\b": "a document, as submission.yaml names it",
    r"\bproofbox/[a-z]+/v\d\b": "the name of a file's format",
    r"\b[0-9a-f]{8,64}\b": "a digest, whole or its beginning",
    r" x | \+ ": "between the names of two columns",
}
"""What may stand in the page as it is -> why."""

QUOTED_TAGS = {"code": "names of checks, files, columns and calls, quoted as they are written elsewhere"}
"""Tag -> why what stands in it stays."""


QUOTING = ("provenance.", "transparency.claims", "fairness.worst_group", "robustness.slices")
"""Checks whose detail quotes what others wrote: sources, files, terms of use, claims, columns and categories."""


class Page(HTMLParser):
    """Everything that a reader sees or hears, with the tag that it stands in."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.texts += [(f"@{name}", value) for name, value in attrs if name in SHOWN and value]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not {"style", "script"} & set(self.open):
            self.texts.append((self.open[-1], " ".join(data.split())))


def bracketed(translation: str) -> str:
    """Return a translation with all but its places in brackets."""
    parts = i18n.PLACE.split(translation)
    return "".join(
        f"{{{part}}}" if place % 2 else LITERAL.sub(lambda found: f"{OPEN}{found[0]}{SHUT}", part)
        for place, part in enumerate(parts)
    )


def strings(value: Json, *, keys: bool = True) -> Iterator[str]:
    """Yield every text below a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key,) if keys else ()
            yield from strings(inner, keys=keys)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, keys=keys)


def names(record: dict[str, Json]) -> set[str]:
    """Return the texts of a record that are outside names: whoever reads Vietnamese reads them as they are written."""
    run = record["run"]
    found = [record["subject"][key] for key in ("product", "files", "digest")]
    found += [list((record["subject"][key] or {}).values()) for key in ("model", "data", "declared")]
    found += [run["packages"], run["platform"], run["executor"], run["runner"], run["version"]]
    found += [run["detail"]["model"]["libraries"], run["detail"]["model"]["violations"]]
    for item in record["measurements"]:
        found += [item["group"], list(item["params"].values()), (item["interval"] or {}).get("method")]
        if item["check"].startswith(QUOTING):
            found.append(list(strings(item["detail"], keys=False)))
    for item in record["inapplicable"]:
        found.append(list(item["params"].values()))
    for case in record["counterexamples"]:
        found += [list(strings(case["case"][key], keys=False)) for key in ("columns", "changed", "rows")]
    for policy in record["policies"]:
        found += [policy["id"], policy["version"]]
        for control in policy["controls"]:
            found += [control["id"], [[one["framework"], one["clause"]] for one in control["references"]]]
    found += [list(all_checks()), [item["requirement"] for item in record["findings"]]]
    return {one for value in found for one in strings(value) if WORD.search(one)} - {"(missing)"}


def parameters(record: dict[str, Json]) -> re.Pattern[str]:
    """Return what finds a parameter's name before its colon, as a policy writes it under ``with``."""
    keys = {
        key for part in ("measurements", "inapplicable", "errors") for item in record[part] for key in item["params"]
    }
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(keys))}):(?!\w)")


@pytest.fixture(scope="module")
def record() -> dict[str, Json]:
    return json.loads(gzip.decompress(RECORD.read_bytes()))


@pytest.fixture
def left_over(record, monkeypatch):
    """Return what stands outside all brackets of the page, with its tag; some translations can be taken away."""

    def _left_over(*removed: str) -> list[tuple[str, str]]:
        real = i18n.catalogue("vi")
        shown = {key: bracketed(value) for key, value in real.items() if key not in removed}
        monkeypatch.setattr(i18n, "catalogue", lambda language: shown if language == "vi" else {})
        monkeypatch.setattr(i18n.Translator, "words", lambda _, words: words.get("vi") and f"{OPEN}{words['vi']}{SHUT}")
        page = Page(render_html(from_json(record), "vi"))
        known = sorted(names(record), key=len, reverse=True)
        data = re.compile("|".join([parameters(record).pattern, *(rf"(?<!\w){re.escape(one)}(?!\w)" for one in known)]))
        return [
            (tag, rest)
            for tag, text in page.texts
            if tag not in QUOTED_TAGS and WORD.search(rest := outside(text, data))
        ]

    return _left_over


def outside(text: str, data: re.Pattern[str]) -> str:
    """Return what of a text stands in no bracket, is no data and is on no list."""
    found = 1
    while found:
        text, found = INNERMOST.subn(" ", text)
    text = data.sub(" ", text)
    for stays in STAYS:
        text = re.sub(stays, " ", text)
    return " ".join(text.split())


def test_nothing_in_the_report_is_left_in_english(left_over):
    found = left_over()
    assert not found, "\n".join(f"<{tag}> {text[:200]}" for tag, text in dict.fromkeys(found))


REMOVED = (
    "Counterexample",
    "a person must attest this, and nobody has",
    "demographic parity ratio",
    "default of this policy, not law",
    "(missing)",
    "fresh starts",
)


def test_each_translation_that_is_taken_away_is_seen(left_over):
    """The guard itself: without these entries the page says them in English, and that is told."""
    assert set(REMOVED) <= set(i18n.catalogue("vi"))
    found = [text.lower() for _, text in left_over(*REMOVED)]
    for template in REMOVED:
        assert any(WORD.findall(template.lower())[0] in text for text in found), template
