"""Run one family of attacks with one executor as whoever runs this; print one JSON line an attack.

Run: PYTHONPATH=tests/sandbox python -m attacks EXECUTOR FAMILY|ATTACK...
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from attacks import engine
from attacks.outside import laid_out
from attacks.weakened import WEAKENED
from proofbox.sandbox.executor import in_order


def main(name: str, families: list[str]) -> None:
    """Run ``families`` with the executor of that name, which must work here."""
    executor = WEAKENED[name]() if name in WEAKENED else next(one for one in in_order() if one.name == name)
    found = executor.probe()
    if not found.available:
        sys.exit(f"{name} does not work here: {found.reason}")
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder, laid_out(Path(folder)) as outside:
        for family in families:
            for outcome in engine.run(family, executor, outside):
                print(outcome.to_json(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
