"""The whole corpus."""

from __future__ import annotations

from . import benign, containers, formats, pickles
from .case import Case

CANARY = "/tmp/proofbox-corpus-canary/written"


def malicious(canary: str = CANARY) -> list[Case]:
    """Return every attack; what the pickles among them try is to write ``canary``."""
    return [*pickles.cases(canary), *containers.cases(canary), *formats.cases(canary)]


def honest() -> list[Case]:
    """Return every honest artefact."""
    return benign.cases()
