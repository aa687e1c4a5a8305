"""The declared population: what is read, and what is refused with a line and advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofbox.checks.subject import DeclaredFile, Subject
from proofbox.policies.yamlfile import read_yaml
from proofbox.runners.submitted.problems import Problems
from proofbox.runners.submitted.reference import reference_shares


@pytest.fixture
def read(tmp_path: Path, open_here):
    def shares(content: str | None):
        if content is not None:
            (tmp_path / "population.csv").write_text(content, encoding="utf-8")
        subject = Subject(
            root=tmp_path,
            files=(),
            declared_files=(DeclaredFile(role="reference", path="population.csv"),) if content is not None else (),
            task="regression",
            model_path=None,
            model_format=None,
            provenance={},
            product={},
        )
        yaml = b"data:\n  reference:\n    path: population.csv\n"
        problems = Problems(read_yaml(yaml, "submission.yaml"))
        return reference_shares(subject, problems, open_here), problems.found

    return shares


def test_shares_are_read_and_scaled_to_one(read):
    shares, problems = read(
        "attribute;category;share\ngiới tính;Nữ ;0,502\ngiới tính;Nam;0,499\nwhite;1;0,5\nwhite;0;0,5\n"
    )
    assert problems == []
    assert [(one.attribute, one.category) for one in shares] == [
        ("giới tính", "Nữ"),
        ("giới tính", "Nam"),
        ("white", "1"),
        ("white", "0"),
    ]
    assert shares[0].share == pytest.approx(0.502 / 1.001)


def test_none_is_declared(read):
    assert read(None) == ((), [])


HEAD = "attribute,category,share\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["empty file"]),
        ("a,b,c\n1,2,3\n", ["no column 'attribute'", "a, b, c", "sex,female,0.502"]),
        (HEAD + "sex,male,49.8\nsex,female,50.2\n", ["line 2", "49.8", "0.512"]),
        (HEAD + "sex,male,half\n", ["line 2", "'half'", "from 0 to 1"]),
        (HEAD + "sex,male,.5\nsex,female,\n", ["line 3", "no share"]),
        (HEAD + "sex,male,-.5\n", ["line 2", "-0.5"]),
        (HEAD + "sex,male,nan\n", ["line 2", "no share"]),
        (HEAD + "sex,male,.5\nsex,male,.5\n", ["line 3", "'male' a second time", "see line 2"]),
        (HEAD + "sex,male,.5\nsex,,.5\n", ["line 3", "empty"]),
        (HEAD + "sex,male,.5\nsex,female,.3\n", ["'sex'", "add up to 0.8", "expected 1"]),
        (HEAD + "a,b,0.0001\n" * 10_001, ["10001 rows"]),
    ],
)
def test_what_makes_no_sense_is_told(read, content, words):
    shares, problems = read(content)
    assert shares == ()
    said = str(problems[0])
    assert said.startswith("submission.yaml:3:")
    assert "in population.csv" in said
    for word in words:
        assert word in said
