"""The checks as a mapping by id that imports only those that somebody asks it for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from proofbox.checks.registry import all_checks, find_check
from proofbox.checks.spec import CheckSpec


class ChecksByName(Mapping[str, CheckSpec]):
    """Id -> check, as :func:`all_checks` has them; whoever counts or lists them has all of them imported."""

    def __getitem__(self, check_id: str) -> CheckSpec:
        """Return one check."""
        found = find_check(check_id)
        if found is None:
            raise KeyError(check_id)
        return found

    def __iter__(self) -> Iterator[str]:
        """Yield every id, sorted."""
        return iter(all_checks())

    def __len__(self) -> int:
        """Return the number of all checks."""
        return len(all_checks())
