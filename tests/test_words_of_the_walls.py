"""What the sandbox's self-check tries, the report can say in words: the one place where both rooms are seen."""

from __future__ import annotations

from proofbox.reports.vocabulary import ENFORCERS, FIELDS
from proofbox.reports.walls import ATTEMPTS
from proofbox.sandbox import probes
from proofbox.sandbox.executor import choose
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.selfcheck import prove_walls

KERNEL_WORDS = {"RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NOFILE", "Landlock"}
"""Names of the kernel's own, which are the same in every language."""


def test_every_probe_and_every_limit_has_its_words() -> None:
    for name in ("bubblewrap", "landlock"):
        selfcheck = prove_walls(choose(name), Limits()).to_json()
        rows = selfcheck["rows"]
        assert len(rows) > 40
        assert {row["probe"] for row in rows} <= ATTEMPTS.keys()
        assert {row["enforced_by"] for row in rows} <= ENFORCERS.keys() | KERNEL_WORDS
    for executor, level in (("container", 2), ("gvisor", 3)):
        walls = {one.enforced_by for one in probes.expected(executor, level).values()}
        assert walls <= ENFORCERS.keys() | KERNEL_WORDS
    assert "kernel.own" in ATTEMPTS
    assert set(probes.LIMITS) <= FIELDS.keys()
