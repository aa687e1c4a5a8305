"""What the quick reader says of a document is what the careful one says, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.documents.problem import RefusedError
from proofbox.checks.documents.quickyaml import read_quickly
from proofbox.checks.documents.yamltext import read_yaml

ROOT = Path(__file__).parents[3]
FILES = sorted(path for room in ("policies", "examples", "checks") for path in (ROOT / room).rglob("*.yaml"))
SEVERAL = [path for path in FILES if "\n---\n" in path.read_text(encoding="utf-8")]
"""Manifests of more than one document, which neither reader takes."""
LINES = [line for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]
MARKS = [
    *list(":-?,[]{}#&*!|>'\"%@` \n~"),
    *("\n  ", "\n\n", "\n  \n", "\n #x\n", "\n     \n", ": ", "- ", "? ", " #", "---\n", "...\n", "\\x41", "\\\n"),
    *(": >-\n  ", ": |\n  ", "- |-\n   ", " >\n   ", "|\n a\n  b\n\n c", "|2\n", "''", '""', "[a, b]", "{a: b}"),
    *("a", "b: c", "ế", "\u200b", "1.0", '"a\n b"', "'a\n\n  b'", "a\n  b", "- - a", "? a\n: b", "key:", "<<: a"),
    *("\t", "\u2028", "\x85", "\ufeff", "\r\n"),
]

SOME_MARKS = st.lists(st.sampled_from(MARKS), max_size=3)


def agreed(text: str) -> bool:
    """Return whether the quick reader read a document, which the careful one then reads alike."""
    quick = read_quickly(text, "p.yaml")
    if quick is not None:
        assert quick == read_yaml(text.encode(), "p.yaml")
    return quick is not None


@pytest.mark.parametrize("path", sorted({*FILES} - {*SEVERAL}), ids=lambda path: path.name)
def test_both_read_our_own_files_alike(path: Path) -> None:
    assert agreed(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SEVERAL, ids=lambda path: path.name)
def test_neither_takes_a_file_of_several_documents(path: Path) -> None:
    assert read_quickly(path.read_text(encoding="utf-8"), "p.yaml") is None
    with pytest.raises(RefusedError):
        read_yaml(path.read_bytes(), "p.yaml")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(MARKS), max_size=14).map("".join))
def test_both_read_alike_what_is_made_of_yamls_own_marks(text: str) -> None:
    agreed(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=5), st.lists(st.sampled_from(MARKS), max_size=3), st.data()
)
def test_both_read_alike_what_is_cut_from_our_files_and_broken(lines: list[str], marks: list[str], data) -> None:
    text = "\n".join(lines) + "\n"
    for mark in marks:
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + mark + text[place + data.draw(st.integers(0, 2)) :]
    agreed(text)


@pytest.mark.parametrize(
    "text",
    [
        ">-\n#",
        "a: >\n \n   \n",
        "a: |#b\n",
        "a: |2\n   b\n",
        "a: |+\n  b\n\n",
        "a:\tb\n",
        "a: b\u2028c\n",
        "a: b\x85c\n",
        "a: b\r\n",
        "\ufeffa: b\n",
        "%YAML 1.1\n---\na: b\n",
        "---\na: b\n",
        "a: b\n...\n",
        "a: b\n---\na: b\n",
        "a: &x b\n",
        "a: *x\n",
        "a: !!str b\n",
        "a: b\na: c\n",
        "a: [b\n",
        "a: b: c\n",
        "<<: {a: b}\n",
        "1: b\n",
        "a: " + "[" * 60 + "]" * 60,
        'a: "\\u202e"\n',
    ],
)
def test_what_two_readers_may_take_differently_or_refuse_is_left_to_the_careful_one(text: str) -> None:
    assert read_quickly(text, "p.yaml") is None


def test_a_mistake_is_told_by_the_careful_reader_as_ever() -> None:
    from proofbox.policies.errors import BadDocumentError
    from proofbox.policies.yamlfile import read_own_yaml

    for raw in (b"a: [1\n", b"a: 1\na: 2\n", b"a: \xff\n", b"a: &x 1\n"):
        with pytest.raises(RefusedError) as careful:
            read_yaml(raw, "p.yaml")
        with pytest.raises(BadDocumentError) as own:
            read_own_yaml(raw, "p.yaml")
        assert own.value.problems == (careful.value.problem,)


def test_without_libyaml_the_careful_reader_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    assert read_quickly("a: 1\n", "p.yaml") is not None
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert read_quickly("a: 1\n", "p.yaml") is None
