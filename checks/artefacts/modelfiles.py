"""The files of the model alone, as ``security.safe_format`` counts them: imports, and what could not be followed."""

from __future__ import annotations

from dataclasses import dataclass

from proofbox.checks.artefacts.findings import FileReport, Rules
from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.artefacts.scanning import scan
from proofbox.checks.subject import Subject

NOT_LOOKED_INTO = frozenset(("source", "script", "notebook", "native", "unknown"))
"""Kinds that are named and not understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedFile:
    """One file of the model."""

    path: str
    kind: str
    """``pickle``, ``skops``, ``onnx``, ``source``, ``text`` and so on."""
    carries_code: bool
    """Whether files of this kind can run code when they are loaded."""
    imports: tuple[Global, ...]
    """What it would import, each once, in order."""
    problem: str | None
    """Why it could not be followed to its end; such a file is never clean."""


def scan_model(subject: Subject, allowed: frozenset[Global]) -> tuple[ScannedFile, ...]:
    """Look at every file of the model; a model in a folder has several."""
    model = subject.model_path
    paths = tuple(file.path for file in subject.files if file.path == model or file.path.startswith(f"{model}/"))
    return tuple(_scanned(report) for report in scan(subject, Rules(allowed=allowed), paths))


def _scanned(report: FileReport) -> ScannedFile:
    return ScannedFile(
        path=report.path,
        kind=report.kind,
        carries_code=report.base == "code" or report.kind in NOT_LOOKED_INTO,
        imports=tuple(report.imports),
        problem=_problem(report),
    )


def _problem(report: FileReport) -> str | None:
    for finding in report.findings:
        if finding.outcome == "unreadable":
            return f"{finding.where}: {finding.said}" if finding.where else str(finding.said)
    return f"a file of kind '{report.kind}' is not looked into" if report.kind in NOT_LOOKED_INTO else None
