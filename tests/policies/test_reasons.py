from __future__ import annotations

import ast
from pathlib import Path

import pytest

import proofbox.policies
from proofbox.checks.text import t
from proofbox.policies.reasons import JOINER, joined, number_text, scope_of


@pytest.mark.parametrize(
    ("value", "against", "text"),
    [
        (0.69171, (0.8,), "0.6917"),
        (0.79999, (0.8,), "0.79999"),
        (0.8000000001, (0.8,), "0.8000000001"),
        (0.8, (0.8,), "0.8000"),
        (3.0, (0.0,), "3"),
        (0.0, (), "0"),
        (1e-9, (0.0,), "0.000000001"),
        (-0.25, (), "-0.2500"),
        (1e-30, (0.0,), "1e-30"),
    ],
)
def test_a_number_never_crosses_its_threshold_by_rounding(value, against, text):
    assert number_text(value, *against) == text


def test_scope():
    assert scope_of({}, {}) == ""
    assert scope_of({"attribute": ["sex", "race"]}, {}) == " (sex, race)"
    assert scope_of({"attribute": "sex"}, {}) == " (sex)"
    assert scope_of({"attribute": ["sex"]}, {"sex": "nữ"}) == " (sex: nữ)"


def test_joined_keeps_every_clause_whole():
    text = joined(t("{a} is so", a=1), t("{b} is not", b=2))
    assert str(text) == "1 is so; 2 is not"
    assert text.template.split(JOINER) == ["{a} is so", "{b} is not"]


def literals() -> list[str]:
    """Every template of this room, collected as the translators' catalogue collects them."""
    found = []
    for folder in proofbox.policies.__path__:
        for path in sorted(Path(folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
                    assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: not a literal"
                    found.append(node.args[0].value)
    return found


def test_no_clause_contains_the_joiner():
    assert len(literals()) > 25
    assert [text for text in literals() if JOINER.strip() in text] == []
