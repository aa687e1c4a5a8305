"""What the scan says of the corpus: the attacks are found, and no honest model is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from proofbox.checks.artefacts.findings import Rules
from proofbox.checks.artefacts.globals import allowed_by_default, is_dangerous
from proofbox.checks.artefacts.scanning import scan
from proofbox.checks.subject import FileRecord, Subject


@pytest.fixture
def outcome(tmp_path):
    """Scan one artefact; return its files' reports."""

    def of(case, number):
        root = tmp_path / str(number)
        for path, content in case.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        files = tuple(FileRecord(path=path, size=len(case.files[path]), sha256="0" * 64) for path in sorted(case.files))
        subject = Subject(
            root=root,
            files=files,
            declared_files=(),
            task="binary-classification",
            model_path=case.model,
            model_format=case.declared,
            provenance={},
            product={},
        )
        return scan(subject, Rules(allowed=allowed_by_default()), tuple(file.path for file in files))

    return of


def caught(reports):
    return any(report.outcome in ("refused", "unreadable") for report in reports)


def test_the_corpus_is_as_large_as_the_issue_asks(malicious, honest):
    assert len(malicious) >= 100
    assert len(honest) >= 40
    assert len({case.name for case in malicious}) > 0.95 * len(malicious)
    families = Counter(case.family for case in malicious)
    assert {"pickle", "container", "skops", "onnx", "mlflow", "keras", "hdf5", "tensors", "boosters"} <= set(families)
    assert min(families.values()) >= 5


def test_the_attacks_are_found(malicious, outcome):
    missed = [case for number, case in enumerate(malicious) if not caught(outcome(case, number))]
    found = Counter(case.family for case in malicious)
    found.subtract(Counter(case.family for case in missed))
    names = [f"{case.family}: {case.name}" for case in missed]
    for family in ("pickle", "container"):
        total = sum(case.family == family for case in malicious)
        assert found[family] >= 0.95 * total, names
    assert len(missed) <= 0.05 * len(malicious), names


def test_no_honest_artefact_is_refused_or_unknown(honest, outcome):
    wrong = {}
    for number, case in enumerate(honest):
        reports = outcome(case, number)
        if any(report.outcome not in ("data", "code") for report in reports):
            wrong[case.name] = [(finding.kind, str(finding.said)) for report in reports for finding in report.findings]
    assert not wrong


def test_no_rule_of_the_default_list_is_a_dangerous_name():
    suspect = {rule for rule in allowed_by_default() if is_dangerous(rule)}
    # The one function of a private module of scipy: a spline keeps it, and it makes arrays.
    assert {(rule.module.partition(".")[2], rule.name) for rule in suspect} <= {
        ("_lib.array_api_compat.numpy._aliases", "asarray")
    }
