"""An attempt that a node measures is written down here first, and its bundle is held against what was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofbox.policies.loader import load_policy
from proofbox.policies.record import AttemptRecord
from proofbox.reports.bundle import read_bundle
from proofbox.reports.errors import TamperedBundleError
from proofbox.reports.ledger.matching import commitment_of
from proofbox.reports.ledger.reading import read_ledger
from proofbox.runners.assessing.attempting import Attempting
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch.counting import begin, check_counted
from proofbox.runners.batch.one import Wanted
from proofbox.runners.run.main_job import Publishing


@pytest.fixture
def assessment(versions):
    return read_bundle(versions.bundles[0]).assessment


@pytest.fixture
def wanted(versions, tmp_path):
    return Wanted(
        policies=(load_policy(str(versions.policy)),),
        settings=Settings(seed=3),
        out=tmp_path / "out",
        publishing=Publishing(ledger=tmp_path / "ledger.jsonl"),
    )


def test_the_bundle_of_an_attempt_that_was_written_down_is_taken_and_no_other(assessment, wanted):
    ledger, commitment = wanted.publishing.ledger, commitment_of(assessment)
    with Attempting(ledger) as attempting:
        begun = begin(attempting, commitment, assessment.subject.digest, wanted)
        measured = replace(assessment, run=replace(assessment.run, attempt=begun.attempt))
        check_counted(measured, begun, wanted)
        for other in (None, replace(begun.attempt, on_data=9)):
            with pytest.raises(TamperedBundleError, match="names another attempt"):
                check_counted(replace(measured, run=replace(measured.run, attempt=other)), begun, wanted)
        other = replace(begun, commitment=replace(commitment, evaluation="e" * 64))
        with pytest.raises(TamperedBundleError, match="something else than its attempt"):
            check_counted(measured, other, wanted)
        with pytest.raises(TamperedBundleError, match="before its attempt was written down"):
            check_counted(assessment, None, wanted)
    (attempt,) = read_ledger(ledger).attempts()
    assert (attempt.result, attempt.entry.commitment) == ("aborted", commitment)


@pytest.mark.parametrize("other", [{"subject": "a" * 64}, {"seed": 4}, {"policies": ()}, {"version": "0"}])
def test_what_was_not_asked_for_is_not_written_down(assessment, wanted, other):
    commitment = replace(commitment_of(assessment), **other)
    with (
        Attempting(wanted.publishing.ledger) as attempting,
        pytest.raises(TamperedBundleError, match="something else than it was asked for"),
    ):
        begin(attempting, commitment, assessment.subject.digest, wanted)
    assert not wanted.publishing.ledger.exists()


def test_without_a_ledger_a_bundle_that_names_an_attempt_is_refused(assessment, wanted):
    uncounted = replace(wanted, publishing=Publishing())
    check_counted(assessment, None, uncounted)
    attempt = AttemptRecord(number=1, on_data=1, entry=1, commitment="c" * 64)
    named = replace(assessment, run=replace(assessment.run, attempt=attempt))
    with pytest.raises(TamperedBundleError, match="names another attempt"):
        check_counted(named, None, uncounted)
