"""Bundles to write papers of, made of recorded assessments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proofbox.policies.record import Assessment
from proofbox.reports.bundle import Bundle, BundleContent, ManifestEntry
from proofbox.reports.papers.paper import Cell, Paper, Places, Table


def content_of(assessment: Assessment) -> BundleContent:
    """Return an assessment as a bundle that was read, without a disk."""
    bundle = Bundle(path=Path("bundle"), digest="b" * 64)
    entry = ManifestEntry(path="assessment.json", size=1, sha256="a" * 64)
    return BundleContent(bundle=bundle, assessment=assessment, manifest=(entry,))


def cells(paper: Paper) -> Iterator[Cell]:
    """Yield every cell of the sections, in the order of reading."""
    for section in paper.sections:
        for block in section.blocks:
            if isinstance(block, Places):
                yield from (place.cell for place in block.places)
            elif isinstance(block, Table):
                yield from (cell for row in block.rows for cell in row)


@pytest.fixture
def content_a(model_a) -> BundleContent:
    return content_of(model_a)


@pytest.fixture
def content_hostile(hostile) -> BundleContent:
    return content_of(hostile)
