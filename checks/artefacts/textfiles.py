"""Look into text that can execute: ``.pth`` files, YAML tags, configuration that names code, templates, notebooks."""

from __future__ import annotations

import re
from typing import Any

from proofbox.checks.artefacts.blobs import Blob, exactly
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.globals import is_dangerous
from proofbox.checks.artefacts.jsontext import nodes, parsed
from proofbox.checks.artefacts.names import suffix_of
from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.errors import TooMuchError
from proofbox.checks.text import t

MOST_TEXT_BYTES = 20_000_000
"""Longer texts are data: what a program reads as configuration is short."""

RUNS_UNASKED = frozenset(("sitecustomize.py", "usercustomize.py"))
RUNS_WHEN_TOUCHED = {
    "conftest.py": "pytest",
    "setup.py": "pip",
    "noxfile.py": "nox",
    "tasks.py": "invoke",
    "makefile": "make",
    "dockerfile": "docker",
    ".envrc": "direnv",
}
"""Names that some tool runs of its own accord, and which."""

SCRIPTS = frozenset(
    ("sh", "bash", "zsh", "fish", "bat", "cmd", "ps1", "psm1", "vbs", "js", "mjs", "pl", "rb", "r", "jl", "lua")
)
_PYTHON_TAG = re.compile(rb"(?m)!!python/|!python/|tag:yaml\.org,2002:python/|^%TAG\b|(?:^|[\s\[{,])![^\s]*%")
_IMPORT_LINE = re.compile(rb"(?m)^(?:\xef\xbb\xbf)?import[ \t]")
_TEMPLATE = re.compile(
    r"__(?:class|mro|subclasses|globals|builtins|import|init|base|bases|dict|getattribute|code|reduce|self|loader)__"
    r"|\b(?:lipsum|cycler|joiner|namespace|self|request|config)\s*\.\s*_"
    r"|\battr\s*\(|\.(?:popen|system|mro|func_globals|gi_frame|f_globals|f_builtins)\b"
    r"|\b(?:os|subprocess|importlib|builtins)\s*\."
    r"|\\x5f|\\u005f|['\"]_{2}|_{2}['\"]"
    # a name that is put together inside of a subscript
    r"|[\w)\]'\"]\s*\[[^\]]*['\"]\s*[~+%|]"
)
_COMMENT = re.compile(r"(?:^|\s)#")
_ENTITY = re.compile(rb"<!(?:DOCTYPE[^>]*\[|ENTITY)", re.IGNORECASE)
_FETCHES = re.compile(
    r"(?i)(?:^|[\s\"'-])(?:(?:git|hg|svn|bzr)\+\w+://|https?://|ftp://|file:|(?:-e|--editable)[ =]"
    r"|--(?:extra-)?index-url\b|-i\s+http|--find-links\b|--trusted-host\b)"
)


def look_at_text(blob: Blob, kind: str, look: Look) -> None:
    """Note what in a text of a known kind would execute, or fetch something that does."""
    name = look.name.rpartition("/")[2].lower()
    if name in RUNS_UNASKED:
        said = t("every Python that finds this file on its path runs it, without being asked")
        look.found("configuration", "runs-unasked", "refused", said)
    elif (tool := RUNS_WHEN_TOUCHED.get(name)) is not None:
        look.found("configuration", "runs-by-tool", "code", t("the tool {tool} runs this file by its name", tool=tool))
    if blob.size > MOST_TEXT_BYTES:
        if kind in ("yaml", "xml", "template") or name.endswith(".pth"):
            size = blob.size
            raise TooMuchError(
                t("it has {file_size} bytes, more than the {most} that are read", file_size=size, most=MOST_TEXT_BYTES)
            )
        return
    content = _utf8(exactly(blob, 0, blob.size))
    if name.endswith(".pth") and _IMPORT_LINE.search(content):
        said = t("every Python that finds this .pth file among its packages runs the line that begins with import")
        look.found("configuration", "runs-unasked", "refused", said)
    if kind == "yaml":
        _yaml(content, look)
    elif kind == "json":
        _json(content, look)
    elif kind == "xml" and _ENTITY.search(content):
        said = t("the document defines entities, by which a reader can be made to fetch or to fill its memory")
        look.found("xml", "entities", "refused", said)
    elif kind == "template":
        look_at_template(content.decode("utf-8", "replace"), look)
    if name.startswith(("requirements", "conda", "python_env", "environment")) or suffix_of(name) == "pip":
        look_at_requirements(content, look)


def _utf8(content: bytes) -> bytes:
    """Return text in UTF-8: readers of YAML, JSON and XML take UTF-16 as well."""
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(codec, "replace").encode("utf-8", "replace")
    return content


def look_at_template(text: str, look: Look) -> None:
    """Note a template that reaches for more than the conversation it is given."""
    if (match := _TEMPLATE.search(text)) is not None:
        said = t("the template reaches for {what}, by which it can leave its engine", what=shown(match[0], 40))
        look.found("template", "template-escape", "refused", said, f"character {match.start()}")


def look_at_requirements(content: bytes, look: Look) -> None:
    """Note a list of packages that fetches one from an address."""
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines()[:10_000], 1):
        text = _COMMENT.split(line, maxsplit=1)[0]
        if (match := _FETCHES.search(text)) is not None:
            said = t("a package is fetched from an address: {what}", what=shown(text[match.start() :].strip(), 80))
            look.found("configuration", "fetches-code", "refused", said, f"line {number}")


def _yaml(content: bytes, look: Look) -> None:
    if (match := _PYTHON_TAG.search(content)) is not None:
        said = t("a YAML tag asks the reader to make a Python object or to call a function")
        look.found("yaml", "python-tag", "refused", said, _line(content, match.start()))
    for target in re.finditer(rb"(?m)^\s*_target_\s*:\s*[\"']?([\w.]+)", content):
        _target(target[1].decode("utf-8", "replace"), look, _line(content, target.start()))


def _line(content: bytes, place: int) -> str:
    return f"line {content[:place].count(10) + 1}"


def _json(content: bytes, look: Look) -> None:
    value = parsed(content, look.budget)
    for path, node in nodes(value, look.budget):
        if node.get("auto_map") or node.get("trust_remote_code") is True:
            said = t("the configuration asks its loader to run code that comes with the model or from elsewhere")
            look.found("configuration", "loads-code", "refused", said, path)
        if isinstance(node.get("_target_"), str):
            _target(node["_target_"], look, path)
        for text in _templates(node.get("chat_template")):
            look_at_template(text, look.inside("chat_template"))


def _templates(value: Any) -> list[str]:  # noqa: ANN401 parsed JSON
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [part["template"] for part in value if isinstance(part, dict) and isinstance(part.get("template"), str)]
    return []


def _target(name: str, look: Look, where: str) -> None:
    module, _, attribute = name.rpartition(".")
    if is_dangerous(Global(module or "builtins", attribute)):
        said = t("the configuration names {target} as something to call", target=shown(name, 80))
        look.found("configuration", "loads-code", "refused", said, where)
