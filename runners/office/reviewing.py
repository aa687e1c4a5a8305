"""Take a decision on a bundle: read it whole, see whose it is, and add a signed decision to its history."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.reports.bundle import read_bundle
from proofbox.reports.errors import ReportsError, StoreAwayError
from proofbox.reports.ledger.matching import commitment_of
from proofbox.reports.review.decisions import Conditions, Decision, Reviewer, Subject, Submitter
from proofbox.reports.review.history import Decided, History, add_decision, read_history
from proofbox.reports.review.listing import Listed, broken, list_bundle, list_bundles
from proofbox.reports.review.states import STATES, State
from proofbox.reports.signing.bundles import verify_signatures
from proofbox.reports.signing.certificates import read_certificates
from proofbox.reports.signing.chains import CertificateVerifier
from proofbox.reports.signing.keys import KeyVerifier, read_public_key
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import bundle_folder
from proofbox.runners.evidence.finding import WHOLE_STORE, Shelf, find_bundles
from proofbox.runners.signed.signing import read_pem, told

if TYPE_CHECKING:
    from cryptography import x509

    from proofbox.checks.result import Json
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.signing.interface import Signer, Stamper, Verifier

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The decision that a reviewer asks for."""

    state: State
    reason: str
    reviewer: str
    on: str
    """``YYYY-MM-DD``."""
    conditions: Conditions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Whose signatures are expected beside the reviewer's own."""

    reviewers: tuple[Verifier, ...] = ()
    """Of earlier decisions; with none, they are not verified."""
    submitter: Verifier | None = None
    """Under the bundle; None: it is not verified, and the decision says so."""


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


def asked_of(given: Mapping[str, object]) -> Asked:
    """Return the decision that the options of ``review decide`` ask for.

    Raises
    ------
    UsageError
        A state that is none, a day that is none, an empty reason or name, conditions without an approval, or an
        approval without its last day.
    """
    state, until = str(given["state"]), cast("str | None", given["until"])
    if state not in STATES:
        raise UsageError(f"--state {state}: expected one of {', '.join(STATES[1:])}")
    for option in ("reason", "reviewer"):
        if not str(given[option]).strip():
            raise UsageError(f"--{option}: got nothing, expected a text")
    regions = cast("tuple[str, ...]", given["regions"])
    limited = until is not None or given["max_users"] is not None or bool(regions)
    if (state == "approved") != (until is not None) or (limited and state != "approved"):
        raise UsageError(
            "expected --until DATE with '--state approved', and --until, --max-users, --region with no other"
        )
    on = day_of(cast("str | None", given["day"]), "--on")
    conditions = None
    if until is not None:
        last = day_of(until, "--until")
        if last < on:
            raise UsageError(f"--until {last}: expected a day on or after the decision's, {on}")
        most = cast("int | None", given["max_users"])
        conditions = Conditions(until=last, maximum_users=most, regions=regions)
    reason, reviewer = str(given["reason"]).strip(), str(given["reviewer"]).strip()
    return Asked(state=state, reason=reason, reviewer=reviewer, on=on, conditions=conditions)


def expected_of(given: Mapping[str, object]) -> Expected:
    """Return whose signatures the options name.

    Raises
    ------
    UsageError, KeyFileError
        A file cannot be read, or holds no public key.
    """
    submitter, stamps = cast("Path | None", given["submitter_key"]), cast("tuple[Path, ...]", given["tsa_certificates"])
    return Expected(
        reviewers=trusted_keys(cast("tuple[Path, ...]", given["reviewer_keys"]), stamps),
        submitter=None if submitter is None else trusted_keys([submitter], stamps)[0],
    )


def trusted_keys(paths: Sequence[Path], stamps: Sequence[Path] = ()) -> tuple[Verifier, ...]:
    """Return whose signatures count.

    Parameters
    ----------
    paths
        Files of public keys, or of certificates: a reviewer's own, or one that issued it.
    stamps
        Certificates that are trusted for time stamps.

    Raises
    ------
    UsageError, KeyFileError
        A file cannot be read, or holds neither.
    """
    authorities = tuple(found for path in stamps for found in told(path, read_certificates))
    return tuple(_trusted(path, authorities) for path in paths)


def _trusted(path: Path, authorities: tuple[x509.Certificate, ...]) -> Verifier:
    if b"PUBLIC KEY-----" in read_pem(path):
        return KeyVerifier(key=told(path, read_public_key), authorities=authorities)
    return CertificateVerifier(trusted=told(path, read_certificates), authorities=authorities)


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


def history_json(history: History) -> dict[str, Json]:
    """Return the form of ``review show --json``."""
    return {
        "bundle": history.bundle,
        "state": history.state,
        "verified": history.verified,
        "decisions": [decided_json(one) for one in history.decided],
    }


def decided_json(decided: Decided) -> dict[str, Json]:
    """Return one decision with the digest of its file and whose signature was verified."""
    return {**asdict(decided.decision), "sha256": decided.digest, "verified": decided.by is not None}


def tell_mlflow(content: BundleContent, decided: Decided, given: Mapping[str, object]) -> None:
    """Say a decision on the bundle's run in MLflow.

    Raises
    ------
    PublishError
        The store could not be reached; the decision is on the disk already.
    UsageError
        The store has no run of this bundle.
    """
    from proofbox.reports import mlflow_content
    from proofbox.reports.review.wording import review_tags
    from proofbox.reports.tracking.door import find_run, tag_run
    from proofbox.runners.evidence.bundles import store_of_the_environment

    uri = str(given["tracking_uri"] or store_of_the_environment())
    experiment = str(given["experiment"] or mlflow_content.experiment_name(content.assessment))
    run_id = find_run(content.bundle.digest, experiment=experiment, tracking_uri=uri)
    if run_id is None:
        raise UsageError(
            f"decided, and not said in MLflow: '{experiment}' has no run of this bundle ('publish' logs it)"
        )
    note = mlflow_content.note(content.assessment, "unsigned" if content.bundle.keyid is None else "signed")
    tags = review_tags(decided.decision, decided.digest, note)
    tag_run(run_id, tags, tracking_uri=uri)


def day_of(text: str | None, option: str) -> str:
    """Return a day as ``YYYY-MM-DD``; today (UTC) where there is none.

    Raises
    ------
    UsageError
        It is no date.
    """
    try:
        day = datetime.now(UTC).date() if text is None else date.fromisoformat(text)
    except ValueError as err:
        raise UsageError(f"{option} {text}: expected a date as YYYY-MM-DD") from err
    return day.isoformat()


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
