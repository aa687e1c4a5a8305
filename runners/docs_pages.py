"""Write the documentation pages of the checks from their docstrings: ``python -m proofbox.runners.docs_pages docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from proofbox.checks.described import descriptions
from proofbox.checks.registry import all_checks
from proofbox.checks.spec import CheckSpec


def pages() -> Mapping[str, str]:
    """Return file name -> text of every generated page below ``docs/checks/``."""
    checks = {name: spec for name, spec in all_checks().items() if spec.origin is None}
    index = [
        "# The checks",
        "",
        "Each page is the check's own docstring.",
        "",
        "| check | what it measures |",
        "|---|---|",
    ]
    index += [f"| [`{spec.id}`]({spec.id}.md) | {spec.summary} |" for spec in checks.values()]
    written = {"index.md": "\n".join(index) + "\n"}
    return written | {f"{spec.id}.md": _page(spec) for spec in checks.values()}


def _page(spec: CheckSpec) -> str:
    kind = "It runs without the model." if spec.static else "It asks the model, inside the sandbox."
    if "counts" in spec.needs:
        kind = (
            "It counts decisions, of the model inside the sandbox or recorded ones; the rows need not fit into memory."
        )
    kind = "It runs last, when the sandbox is closed again." if spec.closing else kind
    lines = [f"# `{spec.id}`", "", spec.doc, "", "## Parameters", "", *parameter_lines(spec)]
    return "\n".join([*lines, "", kind, ""])


def parameter_lines(spec: CheckSpec) -> Iterator[str]:
    """Yield one Markdown item for each parameter of a check: its name, its default and what it is."""
    said = descriptions(spec.params_type)
    for name, field in spec.params_type.model_fields.items():
        default = "required" if field.is_required() else f"default `{field.get_default(call_default_factory=True)!r}`"
        yield f"- `{name}`: {default}. {said.get(name, '')}".rstrip()


def main(docs: Path) -> None:
    """Write all pages below ``docs/checks``."""
    folder = docs / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
