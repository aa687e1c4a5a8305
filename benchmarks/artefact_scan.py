"""Compare the artefact scan with other people's scanners over the corpus; print the tables of docs/artefact-scan.md.

    python benchmarks/artefact_scan.py

The other scanners run behind the walls, as ``second_opinions`` runs them, with ten seconds for a file. Numbers of files
are exact and repeat; the seconds are processor time of our own scan on this machine, for a sense of proportion only.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from artefact_corpus import everything
from artefact_corpus.case import Case

from proofbox.checks.artefacts.findings import Rules
from proofbox.checks.artefacts.globals import allowed_by_default
from proofbox.checks.artefacts.scanning import scan
from proofbox.checks.subject import FileRecord, Subject
from proofbox.sandbox import scanners
from proofbox.sandbox.executor import choose

CHUNK = 60
SECONDS = 10.0
OWN = "own scan"


@dataclass
class Tally:
    """Cases of one family, and who found something, and who could not say, in how many of them."""

    cases: int = 0
    found: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def note(self, scanner: str, answers: Iterable[str]) -> None:
        given = set(answers)
        kind = self.found if "found" in given else self.failed if given & {"failed", "not-asked"} else {}
        kind[scanner] = kind.get(scanner, 0) + 1


def written(cases: list[Case], root: Path) -> list[tuple[str, ...]]:
    """Write every case into a folder of its own; return their paths below ``root``."""
    paths = []
    for number, case in enumerate(cases):
        mine = []
        for name, content in case.files.items():
            path = root / f"{number:03d}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            mine.append(path.relative_to(root).as_posix())
        paths.append(tuple(mine))
    return paths


def own_answer(case: Case, root: Path) -> tuple[str, float]:
    """Return what our own scan says of one case, and its processor time in seconds."""
    files = tuple(
        FileRecord(path=path, size=len(content), sha256="0" * 64) for path, content in sorted(case.files.items())
    )
    subject = Subject(root=root, files=files, declared_files=(), task="binary-classification", model_path=case.model,
                      model_format=case.declared, provenance={}, product={})  # fmt: skip
    started = time.process_time()
    reports = scan(subject, Rules(allowed=allowed_by_default()), tuple(file.path for file in files))
    taken = time.process_time() - started
    outcomes = {report.outcome for report in reports}
    return ("found" if "refused" in outcomes else "failed" if outcomes & {"unreadable", "unknown"} else "clean"), taken


def measure(cases: list[Case], tallies: dict[str, Tally]) -> list[float]:
    """Scan the cases with every scanner; return the seconds of our own."""
    seconds = []
    executor = choose("auto")
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        with tempfile.TemporaryDirectory(prefix="proofbox-corpus-") as folder:
            root = Path(folder) / "corpus"
            root.mkdir()
            paths = written(chunk, root)
            said: dict[tuple[str, str], str] = {}
            for one in scanners.ask_scanners(executor, root, [path for mine in paths for path in mine]):
                said[one.scanner, one.path] = one.answer
            for number, (case, mine) in enumerate(zip(chunk, paths, strict=True)):
                answer, taken = own_answer(case, root / f"{number:03d}")
                seconds.append(taken)
                tally = tallies.setdefault(case.family, Tally())
                tally.cases += 1
                tally.note(OWN, [answer])
                for scanner in scanners.installed():
                    tally.note(scanner, [said[scanner, path] for path in mine])
        print(f"{start + len(chunk)} of {len(cases)}", file=sys.stderr, flush=True)
    return seconds


def table(tallies: dict[str, Tally], names: list[str]) -> None:
    """Print one line for each family: found, and in brackets those that a scanner could not read."""
    print(f"| family | cases | {' | '.join(names)} |")
    print(f"|---|---|{'---|' * len(names)}")
    total = Tally()
    for family, tally in sorted(tallies.items()):
        total.cases += tally.cases
        for scanner in names:
            total.found[scanner] = total.found.get(scanner, 0) + tally.found.get(scanner, 0)
            total.failed[scanner] = total.failed.get(scanner, 0) + tally.failed.get(scanner, 0)
        print(_line(family, tally, names))
    print(_line("**all**", total, names))


def _line(family: str, tally: Tally, names: list[str]) -> str:
    cells = [f"{tally.found.get(name, 0)} ({tally.failed.get(name, 0)})" for name in names]
    return f"| {family} | {tally.cases} | {' | '.join(cells)} |"


def main() -> None:
    """Print both tables."""
    scanners.FILE_SECONDS, scanners.MOST_STARTS, scanners.MOST_FILES = SECONDS, 20, 1000
    names = [OWN, *scanners.installed()]
    print("versions:", ", ".join(f"{name} {version}" for name, version in scanners.installed().items()))
    for title, cases in (("attacks", everything.malicious()), ("honest artefacts", everything.honest())):
        tallies: dict[str, Tally] = {}
        seconds = sorted(measure(cases, tallies))
        print(f"\n{title}: found something (could not say)\n")
        table(tallies, names)
        print(
            f"\nown scan: median {seconds[len(seconds) // 2] * 1000:.1f} ms, most {seconds[-1]:.1f} s of processor time"
        )


if __name__ == "__main__":
    main()
