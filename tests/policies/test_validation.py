from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from proofbox.policies.errors import BadDocumentError
from proofbox.policies.validation import nearest, shown, validate, wrong
from proofbox.policies.yamlfile import read_yaml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    kind: Literal["csv", "parquet"]
    """how the file is written"""
    share: float = Field(default=0.5, ge=0, le=1, strict=True)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    from_: str = Field(default="", alias="from")
    files: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] = {}
    threshold: Annotated[float, Field(strict=True)] | Literal["declared"] = "declared"
    maybe: Inner | None = None

    @model_validator(mode="after")
    def _sane(self) -> Outer:
        if self.version == "bad":
            raise wrong("another version", "try 1.0", got="'bad'")
        return self


def said(text: str) -> list[str]:
    with pytest.raises(BadDocumentError) as caught:
        validate(read_yaml(text.encode(), "s.yaml"), Outer)
    return [str(problem) for problem in caught.value.problems]


def test_a_good_file_becomes_the_model():
    text = "version: 1.10\nfrom: 007\nfiles: [{kind: csv}]\nmaybe: null\nthreshold: 1"
    found = validate(read_yaml(text.encode(), "s.yaml"), Outer)
    assert found.version == "1.10"
    assert found.from_ == "007"
    assert found.files[0].kind == "csv"


def test_all_problems_are_told_in_the_order_of_the_file():
    text = "files:\n  - {kind: cvs}\n  - {share: 2}\nversoin: 1\nthreshold: [1]\n"
    assert said(text) == [
        "s.yaml:1:1: got no key 'version', expected 'version'; add 'version:'",
        "s.yaml:2:6: files[0].kind: got 'cvs', expected 'csv' or 'parquet'; did you mean 'csv'?",
        "s.yaml:3:5: files[1]: got no key 'kind', expected 'kind' (how the file is written); add 'kind:'",
        "s.yaml:3:6: files[1].share: got 2, expected less than or equal to 1",
        "s.yaml:4:1: versoin: got the unknown key 'versoin', expected one of version, from, files, by_name, threshold, "
        "maybe; did you mean 'version'?",
        "s.yaml:5:1: threshold: got a list of 1, expected a number or 'declared'",
    ]


def test_unknown_keys_are_compared_with_those_of_their_own_place():
    text = "version: x\nmaybe: {kind: csv, shere: 1}\nby_name: {a: {kind: csv, kin: 1}}"
    first, second = said(text)
    assert first == (
        "s.yaml:2:20: maybe.shere: got the unknown key 'shere', expected one of kind, share; did you mean 'share'?"
    )
    assert second.startswith("s.yaml:3:26: by_name.a.kin: got the unknown key 'kin', expected one of kind, share")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: true", "s.yaml:1:1: version: got true, expected text"),
        ("version: null", "s.yaml:1:1: version: got nothing, expected text"),
        ("version: [1]", "s.yaml:1:1: version: got a list of 1, expected text"),
        ("version: x\nfiles: {a: 1}", "s.yaml:2:1: files: got keys (a), expected a list"),
        ("version: x\nfiles: [3]", "s.yaml:2:9: files[0]: got 3, expected keys with values"),
        ("version: bad", "s.yaml:1:1: got 'bad', expected another version; try 1.0"),
        ("just text", "s.yaml:1:1: got 'just text', expected keys with values"),
        ("", "s.yaml:1:1: got nothing, expected keys with values"),
        ("version: x\nfiles: [{kind: csv, share: '1'}]", "s.yaml:2:21: files[0].share: got '1', expected a number"),
    ],
)
def test_one_problem(text: str, expected: str):
    assert said(text) == [expected]


def test_small_helpers():
    assert nearest("accurcy", ["accuracy", "recall"]) == "did you mean 'accuracy'?"
    assert nearest("zzz", ["accuracy"]) == ""
    assert shown({}) == "an empty mapping"
    assert shown([]) == "an empty list"
    assert len(shown("x" * 500)) <= 60
