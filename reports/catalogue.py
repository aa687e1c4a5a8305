"""Collect every sentence that a reader may see, and say which ones have no Vietnamese yet.

Sentences are the first arguments of ``t(...)`` and ``.gettext(...)`` in the rooms' Python files, of ``_(...)`` in the
page templates, and the names of measures in the checks' docstrings. ``python -m proofbox.reports.catalogue`` lists what
is missing; with ``--append`` it adds empty entries to the catalogue for a translator to fill.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from proofbox.reports.errors import ReportsError
from proofbox.reports.i18n import CATALOGUES, PLACE, catalogue

ROOMS = ("checks", "policies", "runners", "reports")
_MEASURE = re.compile(r"^- `([a-z][a-z0-9_]*)`: [\[(]", re.MULTILINE)
_NOT_OURS = frozenset({"catalogue.py", "text.py"})
"""The files that define the functions; they pass templates on and hold none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One sentence in English, and where it stands."""

    template: str
    where: str


def collect(root: Path) -> tuple[Message, ...]:
    """Return every sentence below the rooms of ``root``, each once, sorted by file and line.

    Raises
    ------
    ReportsError
        A call of ``t`` or ``_`` whose first argument is no literal: it could never be collected.
    """
    found: dict[str, Message] = {}
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if path.name not in _NOT_OURS:
                _keep(found, _in_python(path, path.relative_to(root).as_posix()))
        for path in sorted((root / room).rglob("*.j2")):
            _keep(found, _in_template(path, path.relative_to(root).as_posix()))
    return tuple(found.values())


def missing(messages: Iterable[Message], language: str = "vi") -> tuple[Message, ...]:
    """Return the sentences without a translation."""
    known = catalogue(language)
    return tuple(message for message in messages if message.template not in known)


def wrong_places(language: str = "vi") -> tuple[str, ...]:
    """Return the templates whose translation names other places than the English does."""
    return tuple(
        template
        for template, translated in catalogue(language).items()
        if set(PLACE.findall(template)) != set(PLACE.findall(translated))
    )


def append_stubs(messages: Iterable[Message], language: str = "vi") -> None:
    """Add an empty entry for each sentence to the catalogue of a language."""
    with (CATALOGUES / language / "LC_MESSAGES" / "proofbox.po").open("a", encoding="utf-8") as file:
        for message in messages:
            # Without the line number, which every edit of the file would change.
            where = message.where.partition(":")[0]
            file.write(f'\n#: {where}\nmsgid "{_quoted(message.template)}"\nmsgstr ""\n')


def main(arguments: list[str] | None = None) -> int:
    """List the missing translations; exit code 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m proofbox.reports.catalogue", description=main.__doc__)
    parser.add_argument("--append", action="store_true", help="add empty entries to the catalogue")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the repository")
    given = parser.parse_args(arguments)
    lacking = missing(collect(given.root))
    for message in lacking:
        print(f"{message.where}: {message.template}")
    if given.append:
        append_stubs(lacking)
    print(f"{len(lacking)} sentences without a Vietnamese translation", file=sys.stderr)
    return 1 if lacking else 0


def _keep(found: dict[str, Message], messages: Iterable[Message]) -> None:
    for message in messages:
        found.setdefault(message.template, message)


def _in_python(path: Path, shown: str) -> Iterable[Message]:
    tree = ast.parse(path.read_text("utf-8"))
    doc = ast.get_docstring(tree) or ""
    if "\n## Measures\n" in doc:
        body = doc.partition("\n## Measures\n")[2].partition("\n## ")[0]
        for name in _MEASURE.findall(body):
            yield Message(template=name.replace("_", " "), where=shown)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called, first = node.func, node.args[0]
        where = f"{shown}:{node.lineno}"
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if (isinstance(called, ast.Name) and called.id == "t") or _is_gettext(called):
                yield Message(template=first.value, where=where)
        elif isinstance(called, ast.Name) and called.id == "t":
            raise ReportsError(f"{where}: t() got an expression, expected a literal template, which can be translated")


def _is_gettext(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr == "gettext"


def _in_template(path: Path, shown: str) -> Iterable[Message]:
    from jinja2 import Environment, nodes

    environment = Environment(autoescape=True)
    for node in environment.parse(path.read_text("utf-8")).find_all(nodes.Call):
        if isinstance(node.node, nodes.Name) and node.node.name == "_":
            first = node.args[0] if node.args else None
            if not (isinstance(first, nodes.Const) and isinstance(first.value, str)):
                raise ReportsError(f"{shown}:{node.lineno}: _() got an expression, expected a literal template")
            yield Message(template=first.value, where=f"{shown}:{node.lineno}")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if __name__ == "__main__":
    sys.exit(main())
