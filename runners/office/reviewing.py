"""Take a decision on a bundle: read it whole, see whose it is, and add a signed decision to its history."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.bundle import read_bundle
from proofbox.reports.errors import ReportsError, StoreAwayError
from proofbox.reports.ledger.matching import commitment_of
from proofbox.reports.review.decisions import Decision, Reviewer, Subject, Submitter
from proofbox.reports.review.history import Decided, add_decision, read_history
from proofbox.reports.review.listing import Listed, broken, list_bundle, list_bundles
from proofbox.reports.signing.bundles import verify_signatures
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import bundle_folder
from proofbox.runners.evidence.finding import WHOLE_STORE, Shelf, find_bundles
from proofbox.runners.office.asking import Asked, Expected

if TYPE_CHECKING:
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.signing.interface import Signer, Stamper, Verifier

_DIGEST = re.compile(r"[0-9a-f]{64}")


def decide(
    bundle: Path,
    asked: Asked,
    signing: tuple[Signer, Stamper | None],
    reviews: Path,
    expected: Expected,
    tracking_uri: str | None = None,
) -> tuple[BundleContent, Decided]:
    """Decide on a bundle, and return what it holds with the decision that was added.

    Parameters
    ----------
    signing
        The reviewer's key, and the authority that attests when it was used; None: nobody is asked.
    tracking_uri
        Store of a bundle that is named ``mlflow:RUN_ID``.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path: what was altered is not decided upon.
    SignatureError
        The bundle is not signed by the submitter who is expected.
    BrokenHistoryError
        Something is wrong with the decisions before.
    IllegalTransitionError, OwnReviewError
        The decision may not follow.
    """
    with bundle_folder(bundle, tracking_uri) as folder:
        content = read_bundle(folder)
    subject = subject_of(content)
    history = read_history(reviews, subject.bundle, expected.reviewers)
    signer, stamper = signing
    decision = Decision(
        number=len(history.decided) + 1,
        previous=history.head,
        state=asked.state,
        reason=asked.reason,
        on=asked.on,
        reviewer=Reviewer(name=asked.reviewer, keyid=signer.keyid),
        submitter=_submitter(content, expected.submitter),
        subject=subject,
        conditions=asked.conditions,
    )
    return content, add_decision(reviews, history, decision, signer, stamper)


def list_reviewed(place: str, reviews: Path, shelf: Shelf) -> Iterator[Listed]:
    """Yield the bundles at a place with the state that each is in.

    Parameters
    ----------
    place
        A folder of bundles, or ``mlflow:`` for every assessment of the tracking store.

    Raises
    ------
    UsageError
        There is no such folder.
    PublishError
        The store could not be read, or does not answer any more.
    """
    if place != WHOLE_STORE and shelf.experiment is None:
        if not Path(place).is_dir():
            raise UsageError(f"{place}: expected a folder of bundles, or 'mlflow:' for those of the MLflow store")
        yield from list_bundles(Path(place), reviews)
        return
    for found in find_bundles([place], shelf):
        try:
            with bundle_folder(found.name, shelf.tracking_uri) as folder:
                listed = list_bundle(folder, reviews, found.name)
        except StoreAwayError:
            raise
        except ReportsError as err:
            listed = broken(found.name, str(err))
        yield listed


def subject_of(content: BundleContent) -> Subject:
    """Return what of a bundle a decision repeats."""
    assessment = content.assessment
    committed = commitment_of(assessment)
    model = assessment.subject.model or {}
    return Subject(
        bundle=content.bundle.digest,
        submission=assessment.subject.digest,
        model=str(model.get("sha256") or ""),
        product=committed.product,
        conclusion=assessment.conclusion,
        policies=committed.policies,
    )


def digest_of(bundle: str) -> str:
    """Return the digest of a bundle that is named by its path or by the digest itself.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        It is no digest, and there is no whole bundle at that path.
    """
    if _DIGEST.fullmatch(bundle):
        return bundle
    with bundle_folder(bundle) as folder:
        return read_bundle(folder).bundle.digest


def _submitter(content: BundleContent, verifier: Verifier | None) -> Submitter:
    keyid = content.bundle.keyid or ""
    if verifier is not None:
        keyid = verify_signatures(content, verifier, datetime.now(UTC)).keyid
    provider = content.assessment.subject.product.get("provider")
    given = [provider.get(key) for key in ("name", "id", "contact")] if isinstance(provider, Mapping) else [provider]
    return Submitter(
        names=tuple(text for text in given if isinstance(text, str) and text.strip()),
        keyid=keyid,
        signature="verified" if verifier is not None else "not-checked" if keyid else "unsigned",
    )
