"""Go through many bundles, one at a time: open it, compare it with its manifest, do something with it, let it go.

A bundle of a store or archive lies in a temporary folder while it is read, and only then. Whatever is wrong with one,
the others are read all the same: a stranger's record may be whole and still say what nobody can judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from proofbox.policies.errors import BadRecordError
from proofbox.reports.archive.entries import LeftOut
from proofbox.reports.bundle import read_bundle
from proofbox.reports.errors import ReportsError, StoreAwayError
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import bundle_folder
from proofbox.runners.evidence.finding import Shelf, find_bundles

if TYPE_CHECKING:
    from proofbox.reports.bundle import BundleContent
    from proofbox.runners.evidence.finding import Found

T = TypeVar("T")
Told = Callable[[int, int], None]

_MEANINGLESS = (BadRecordError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What comes of a record whose parts have the right types and are nonsense: a measure's detail, a product's fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted(Generic[T]):
    """What came of many bundles."""

    made: tuple[T, ...]
    """Of those that are whole."""
    left_out: tuple[LeftOut, ...]


def read_all(
    sources: Sequence[str],
    shelf: Shelf,
    work: Callable[[str, BundleContent], T],
    told: Told,
    known: Callable[[Found], T | None] = lambda _found: None,
) -> Sorted[T]:
    """Return what ``work`` makes of every bundle that sources name.

    Parameters
    ----------
    told
        Told after each bundle how many were whole, and how many left out.
    known
        What an earlier call made of a bundle, which is not opened then; None where that is not known.

    Raises
    ------
    UsageError
        A source is not there, or there is no bundle in any of them.
    PublishError
        The store could not be read.
    """
    made, left_out = list[T](), list[LeftOut]()
    for found in find_bundles(sources, shelf):
        noted = known(found)
        one = read_one(found, shelf.tracking_uri, work) if noted is None else noted
        if isinstance(one, LeftOut):
            left_out.append(one)
        else:
            made.append(one)
        told(len(made), len(left_out))
    if not made and not left_out:
        raise UsageError(
            f"no evidence bundle in {', '.join(sources)} (a bundle is a folder with manifest.json, its .zip, or a run)"
        )
    return Sorted(made=tuple(made), left_out=tuple(left_out))


def read_one(found: Found, tracking_uri: str | None, work: Callable[[str, BundleContent], T]) -> T | LeftOut:
    """Return what ``work`` makes of a bundle that is whole, or why it is left out.

    Parameters
    ----------
    tracking_uri
        Store of the run that it may be; None: that of the environment.
    work
        Given the name and the content, of which nothing but the files' digests was verified.

    Raises
    ------
    StoreAwayError
        The store does not answer any more: the rest would fail one by one.
    """
    name = found.name
    try:
        with bundle_folder(name, tracking_uri) as folder:
            content = read_bundle(folder)
    except StoreAwayError:
        raise
    except ReportsError as err:
        return LeftOut(bundle=name, why=str(err).removeprefix(f"{name}: "))
    digest = content.bundle.digest
    if found.said not in {"", digest}:
        why = f"the run says that its bundle is {found.said[:64]}, and among its artifacts is {digest}"
        return LeftOut(bundle=name, why=why)
    try:
        return work(name, content)
    except _MEANINGLESS as err:
        return LeftOut(bundle=name, why=f"its record cannot be judged ({type(err).__name__}: {str(err)[:200]})")
