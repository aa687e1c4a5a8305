"""Read which types a skops file names in its ``schema.json``, without skops: its ``get_untrusted_types``, as data."""

from __future__ import annotations

from collections.abc import Iterator

from proofbox.checks.artefacts.picklevalues import Global


def named_types(schema: object) -> Iterator[Global]:
    """Yield every (module, name) in a parsed schema, whatever node it stands in."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "__class__" in node or "__module__" in node:
                yield Global(str(node.get("__module__")), str(node.get("__class__")))
            if "module_path" in node and "function" in node:
                yield Global(str(node["module_path"]), str(node["function"]))
            waiting.extend(reversed(node.values()))
        elif isinstance(node, list):
            waiting.extend(reversed(node))
