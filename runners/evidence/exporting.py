"""Write an assessment in the formats of others, next to its bundle; nothing here bears on verdict or exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.exports.entries import Locations
    from proofbox.reports.exports.formats import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What is to be exported, and where to."""

    files: Mapping[Format, Path] = field(default_factory=dict)
    annotations: str | None = None
    """``github``, or None for none."""

    def __bool__(self) -> bool:
        """Return whether anything is to be exported."""
        return bool(self.files) or self.annotations is not None


def exports_of(given: Mapping[str, object]) -> Exports:
    """Return what a command's options ask for.

    Raises
    ------
    UsageError
        Two formats have one file, or a file cannot be written where it should be; told before anything is measured.
    """
    from proofbox.reports.exports.formats import FORMATS
    from proofbox.reports.exports.writing import ExportWriteError, refuse_odd

    files = {kind: cast("Path", given[kind]) for kind in FORMATS if given[kind] is not None}
    taken: dict[Path, str] = {}
    for kind, path in files.items():
        try:
            refuse_odd(path)
        except ExportWriteError as err:
            raise UsageError(f"--{kind} {err}") from err
        if other := taken.get(path.absolute()):
            raise UsageError(f"--{kind} {path}: got the file of --{other}, expected one of its own")
        taken[path.absolute()] = kind
    return Exports(files=files, annotations=cast("str | None", given["annotations"]))


def write_exports(
    assessment: Assessment, locations: Locations, exports: Exports, language: str, out: TextIO | None = None
) -> list[str]:
    """Write every file that is asked for and print the annotations.

    Parameters
    ----------
    out
        Where annotations go; standard output by default.

    Returns
    -------
    list
        What could not be written, one line each: the assessment stands all the same.
    """
    from proofbox.reports.errors import ReportsError
    from proofbox.reports.exports.formats import export_bytes
    from proofbox.reports.exports.writing import write_export

    failed = []
    for kind, path in exports.files.items():
        try:
            write_export(path, export_bytes(kind, assessment, locations, language))
        except ReportsError as err:
            failed.append(f"--{kind} {err}")
    if exports.annotations == "github":
        from proofbox.reports.exports.annotations import github_annotations

        for line in github_annotations(assessment, locations, language):
            print(line, file=out or sys.stdout)
    return failed
