from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.policies.errors import BadDocumentError
from proofbox.policies.yamlfile import MAX_BYTES, MAX_DEPTH, MAX_NODES, read_yaml


def problem(raw: bytes):
    with pytest.raises(BadDocumentError) as caught:
        read_yaml(raw, "p.yaml")
    (found,) = caught.value.problems
    return found


def test_gives_plain_data_of_yaml_1_2():
    raw = b"a: NO\nb: [1, -2.5, 0x10, 0o17, 1e3, 'x', \"y\", ~, true]\nc: {d: 2026-11-22, e: yes, f: 1:30}\n"
    data = read_yaml(raw, "p.yaml").data
    assert data == {
        "a": "NO",
        "b": [1, -2.5, 16, 15, 1000.0, "x", "y", None, True],
        "c": {"d": "2026-11-22", "e": "yes", "f": "1:30"},
    }
    assert type(data) is dict
    assert type(data["b"]) is list


def test_knows_where_things_stand():
    document = read_yaml(b"a: 1\nlist:\n  - id: x\n    sub: {k: v}\n  - 5\n", "p.yaml")
    assert document.position(("a",)) == (1, 1)
    assert document.position(("list", 0, "id")) == (3, 5)
    assert document.position(("list", 0, "sub", "k")) == (4, 11)
    assert document.position(("list", 1)) == (5, 5)
    assert document.position(("list", 0, "nowhere", 3)) == (3, 5)
    assert document.position(("nowhere",)) == (1, 1)


def test_columns_count_characters_and_a_bom_is_no_character():
    assert read_yaml("\ufeffế: {ộ: ắ, b: 1}\n".encode(), "p").position(("ế", "b")) == (1, 11)


def test_keeps_numbers_as_they_were_written():
    document = read_yaml(b"version: 2026.10\nid: 0101234567\n", "p.yaml")
    assert document.texts[("version",)] == "2026.10"
    assert document.texts[("id",)] == "0101234567"


def test_an_empty_file_is_nothing():
    assert read_yaml(b"", "p.yaml").data is None
    assert read_yaml(b"# only a comment\n", "p.yaml").data is None


@pytest.mark.parametrize(
    ("raw", "place", "got"),
    [
        (b"a: &x 1", (1, 4), "anchor 'x'"),
        (b"a: 1\nb: *x", (2, 4), "alias 'x'"),
        (b"a: !!python/object/apply:os.system [id]", (1, 4), "tag"),
        (b"a: !!str 1", (1, 4), "tag"),
        (b"a: 1\nb: 2\na: 3", (3, 1), "'a' a second time"),
        (b"<<: {a: 1}", (1, 1), "merge key"),
        (b"1: x", (1, 1), "key 1"),
        (b"~: x", (1, 1), "key ~"),
        (b"true: x", (1, 1), "key true"),
        (b"{a: b, [1]: 2}", (1, 8), "as a key"),
        (b"a: .nan", (1, 4), ".nan"),
        (b"a: [-.inf]", (1, 5), "-.inf"),
        (b"a: 1e999", (1, 4), "1e999"),
        (b"a: " + b"9" * 100, (1, 4), "number of that length"),
        (b'a: "\\x07"', (1, 4), "U+0007"),
        (b'a: "\\ud800"', (1, 4), "U+D800"),
        ("a: 1\nb: safe\u202egnihton".encode(), (2, 4), "U+202E"),
        (b"a: 1\nb: \x07", (2, 4), "control character"),
        (b"a: 1\nb: \xe1\xff", (2, 4), "byte 0xe1"),
        (b"\xff\xfea\x00", (1, 1), "byte 0xff"),
        (b"a: 1\n---\nb: 2\n", (2, 1), "second document"),
        (b"%YAML 1.1\n---\na: NO\n", (2, 1), "directive"),
        (b"a: [1, 2", (1, 9), "broken YAML"),
        (b"a: 'x", (1, 6), "broken YAML"),
        (b"a:\n\t- x", (2, 1), "broken YAML"),
        (b"[" * (MAX_DEPTH + 1), (1, MAX_DEPTH + 1), f"more than {MAX_DEPTH} levels"),
        (b"- a\n" * (MAX_NODES + 1), (MAX_NODES, 3), f"more than {MAX_NODES} values"),
        (b"#" * (MAX_BYTES + 1), (1, 1), f"{MAX_BYTES + 1} bytes"),
    ],
)
def test_refuses_with_a_place(raw: bytes, place: tuple[int, int], got: str):
    found = problem(raw)
    assert (found.line, found.column) == place
    assert got in found.got
    assert found.expected


def test_depth_and_bytes_at_the_limit_are_read():
    assert read_yaml(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "p.yaml").data
    assert read_yaml(b"a: 1\n" + b"#" * (MAX_BYTES - 5), "p.yaml").data == {"a": 1}


def test_the_billion_laughs_are_not_told():
    raw = b"a: &a [x, x]\nb: &b [*a, *a]\n"
    assert "anchor" in problem(raw).got


YAML_LIKE = st.text(alphabet=st.sampled_from(list("ab1.:-[]{}#&*!|>'\"%@`,? \n\t\\~<=\ue000\u202eế")), max_size=60)


@settings(max_examples=250, deadline=None)
@given(
    st.binary(max_size=80)
    | YAML_LIKE.map(str.encode)
    | st.text(max_size=40).map(lambda s: s.encode("utf-8", "replace"))
)
def test_nothing_but_the_rooms_error_comes_out_of_any_bytes(raw: bytes):
    with contextlib.suppress(BadDocumentError):
        assert read_yaml(raw, "p.yaml").position(()) >= (1, 1)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["C", "Z"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abế", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(PLAIN)
def test_json_is_read_as_json(value: object):
    import json

    raw = json.dumps(value, ensure_ascii=False).encode()
    document = read_yaml(raw, "p.yaml")
    assert document.data == value

    def walk(path, data):
        assert path in document.positions
        for key, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
            walk((*path, key), inner)

    walk((), value)
