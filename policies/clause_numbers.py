"""The numbers of all clauses that we have a list of, without reading the lists.

``clauses/numbers.json`` is made from the lists, so that whoever lints a policy need not read ten files for them:

    python -m proofbox.policies.clause_numbers
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("clauses") / "numbers.json"


@cache
def clause_numbers() -> Mapping[str, tuple[str, ...]]:
    """Return framework -> the numbers of its clauses as its own text writes them, in the order of its list."""
    return {framework: tuple(numbers) for framework, numbers in json.loads(_FILE.read_text(encoding="utf-8")).items()}


def made_anew() -> str:
    """Return what ``numbers.json`` has to hold."""
    from proofbox.policies.clause_lists import clause_lists

    numbers = {name: [clause.clause for clause in listed.clauses] for name, listed in clause_lists().items()}
    return json.dumps(numbers, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    _FILE.write_text(made_anew(), encoding="utf-8")
