import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.checks.documents.jsontext import MAX_DEPTH, MAX_NODES, read_json
from proofbox.checks.documents.problem import RefusedError


def refused(raw: bytes, **limits):
    with pytest.raises(RefusedError) as caught:
        read_json(raw, "p.json", **limits)
    return caught.value.problem


printable = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u202a\u202b\u202c\u202d\u202e"
                                  "\u2066\u2067\u2068\u2069"))  # fmt: skip
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | printable,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(printable, inner, max_size=4),
    max_leaves=20,
)


@given(values, st.sampled_from([None, 1]), st.booleans())
def test_reads_whatever_the_library_writes_as_the_library_would(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    found = read_json(text.encode(), "p.json").data
    assert found == json.loads(text)
    assert json.dumps(found) == json.dumps(json.loads(text))


def the_librarys(text):
    """Return what the library reads of a text; None where it refuses it, or takes what has two readings."""

    def once(pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    try:
        found = json.loads(text, object_pairs_hook=once)
        return json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return None


@given(st.text('[]{},:"\\0123456789.eE+-truefalsn \n', max_size=30))
def test_refuses_whatever_the_library_refuses_and_breaks_at_nothing(text):
    expected = the_librarys(text)
    if expected is None:
        refused(text.encode())
    else:
        assert json.dumps(read_json(text.encode(), "p.json").data) == expected


def test_everything_has_a_position():
    document = read_json(b'{"a": 1,\n "b": [true,\n  {"c": null}]}', "p.json")
    assert document.data == {"a": 1, "b": [True, {"c": None}]}
    assert document.position(("a",)) == (1, 2)
    assert document.position(("b",)) == (2, 2)
    assert document.position(("b", 1)) == (3, 3)
    assert document.position(("b", 1, "c")) == (3, 4)
    assert document.position(("b", 1, "x", "y")) == (3, 3)


@pytest.mark.parametrize(
    ("raw", "line", "column", "said"),
    [
        (b"", 1, 1, "the end of the file"),
        (b'{"a": ', 1, 7, "the end of the file"),
        (b'{"a": 1,\n "a": 2}', 2, 2, "the key 'a' a second time"),
        (b'{"a": 1,\n}', 2, 1, "'}'"),
        (b"[1,]", 1, 4, "']'"),
        (b"[1 2]", 1, 4, "'2'"),
        (b'{"a" 1}', 1, 6, "'1'"),
        (b"{a: 1}", 1, 2, "'a'"),
        (b"[NaN]", 1, 2, "'NaN'"),
        (b"[-Infinity]", 1, 2, "'-'"),
        (b"[1e999]", 1, 2, "1e999"),
        (b"[" + b"9" * 5000 + b"]", 1, 2, "a number of that length"),
        (b'["\\ud800"]', 1, 2, "the character U+D800"),
        (b'["\\u0000"]', 1, 2, "the character U+0000"),
        ('["a\u202eb"]'.encode(), 1, 2, "the character U+202E"),
        (b'["a\nb"]', 1, 4, "broken text"),
        (b'["abc', 1, 2, "broken text"),
        (b"1 2", 1, 3, "more text after the end"),
        (b"\xff\xfe\x00", 1, 1, "the byte 0xff"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, 1, 5 * MAX_DEPTH + 1, f"more than {MAX_DEPTH} levels"),
        (b"[" + b"0," * MAX_NODES + b"0]", 1, 2 * MAX_NODES, f"more than {MAX_NODES} values"),
    ],
)
def test_is_refused_at_its_place(raw, line, column, said):
    found = refused(raw)
    assert (found.line, found.column) == (line, column)
    assert said in found.got
    assert found.file == "p.json"


def test_ten_megabytes_of_nesting_are_refused_at_once_whatever_the_limit():
    bomb = b"[" * 10_000_000
    begun = time.process_time()
    assert "10000000 bytes" in refused(bomb).got
    assert "levels" in refused(bomb, most_bytes=20_000_000).got
    assert time.process_time() - begun < 2
