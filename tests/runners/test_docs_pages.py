"""The committed pages of the checks are what their docstrings say."""

from __future__ import annotations

from pathlib import Path

from proofbox.runners.docs_pages import pages

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_pages_are_current() -> None:
    folder = ROOT / "docs/checks"
    expected = dict(pages())
    assert len(expected) > 10
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert found == expected, "run: python -m proofbox.runners.docs_pages docs"
