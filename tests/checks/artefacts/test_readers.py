"""The small readers against honest writers: what is written comes back, and what is cut never passes for whole."""

import io
import json
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.artefacts import lz4frame, protobuf, tarwalk, ubjson, zipwalk
from proofbox.checks.artefacts.blobs import Bytes
from proofbox.checks.artefacts.budget import Budget
from proofbox.checks.artefacts.findings import FileReport, Look, Rules
from proofbox.checks.errors import BadDataError

names = st.text(st.characters(codec="utf-8", exclude_characters="/\\:~\0", exclude_categories=("Cs", "Cc")), min_size=1)
files = st.dictionaries(names.filter(lambda name: name not in (".", "..")), st.binary(max_size=300), max_size=6)


def look():
    return Look(report=FileReport(path="x"), rules=Rules(allowed=frozenset()), budget=Budget(), siblings=frozenset())


@given(files, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_a_zip_is_read_as_zipfile_writes_it(content, method):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    blob, here = Bytes(into.getvalue()), look()
    found = {one.name: zipwalk.content_of(blob, one, here) for one in zipwalk.entries_of(blob, here)}
    assert {name: data.at(0, data.size) for name, data in found.items()} == content
    assert here.report.findings == []


@given(files, st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_a_tar_is_read_as_tarfile_writes_it(content, form):
    into = io.BytesIO()
    written = {}
    with tarfile.open(fileobj=into, mode="w", format=form) as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            try:
                archive.addfile(info, io.BytesIO(data))
            except ValueError:  # a name too long for ustar
                continue
            written[name.rstrip()] = data
    here = look()
    found = {name.rstrip(): data.at(0, data.size) for name, data in tarwalk.members_of(Bytes(into.getvalue()), here)}
    assert found == written
    assert here.report.findings == []


def lz4_block(data: bytes) -> bytes:
    """Pack a block greedily: the nearest earlier place of the next four bytes, literals between."""
    out, literals, place = bytearray(), bytearray(), 0

    def length(number):
        return b"" if number < 15 else b"\xff" * ((number - 15) // 255) + bytes([(number - 15) % 255])

    while place < len(data):
        back = (
            data.rfind(data[place : place + 4], max(0, place - 65_535), place + 3) if place + 4 <= len(data) - 5 else -1
        )
        size = 0
        if 0 <= back < place:
            while place + size < len(data) - 5 and data[back + size] == data[place + size]:
                size += 1
        if size < 4:
            literals.append(data[place])
            place += 1
            continue
        out.append(min(len(literals), 15) << 4 | min(size - 4, 15))
        out += length(len(literals)) + literals + struct.pack("<H", place - back) + length(size - 4)
        literals.clear()
        place += size
    out.append(min(len(literals), 15) << 4)
    return bytes(out + length(len(literals)) + literals)


def lz4(data: bytes) -> bytes:
    head, body = b"\x04\x22M\x18\x60\x40\x82", b""
    for start in range(0, len(data), 65_536):
        block = lz4_block(data[start : start + 65_536])
        body += struct.pack("<I", len(block)) + block
    return head + body + bytes(4)


repeating = st.lists(st.sampled_from([b"abcd", b"\0" * 40, b"xyz", b"q"]), max_size=60).map(b"".join)


@given(repeating | st.binary(max_size=300))
def test_lz4_comes_back_and_what_is_cut_does_not(data):
    packed = lz4(data)
    assert lz4frame.Lz4Frame(io.BytesIO(packed)).read() == data
    with pytest.raises(BadDataError):
        lz4frame.Lz4Frame(io.BytesIO(packed[:-5])).read()


def test_lz4_of_many_blocks_and_a_copy_that_reaches_back_too_far():
    data = bytes(range(256)) * 1000
    assert lz4frame.Lz4Frame(io.BytesIO(lz4(data))).read() == data
    block = b"\x10a\x09\x00"  # one literal, then nine bytes back
    with pytest.raises(BadDataError, match="damaged"):
        lz4frame.Lz4Frame(io.BytesIO(b"\x04\x22M\x18\x60\x40\x82" + struct.pack("<I", 4) + block)).read()


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


field = st.tuples(
    st.sampled_from([1, 2, 3, 8, 15]),
    st.one_of(
        st.integers(0, 2**64 - 1),
        st.sampled_from([0, 1, 8, 64, 0x40, 0x3F, 300]),
        st.binary(min_size=4, max_size=4).map(lambda raw: ("fixed", raw)),
        st.sampled_from([b"LEAF", b"BRANCH_LEQ", b"", b"\x40" * 70]),
        st.binary(max_size=80),
    ),
    st.integers(1, 6),
)


@settings(max_examples=300)
@given(st.lists(field, max_size=12))
def test_leaping_over_runs_loses_no_message_and_no_last_number(fields):
    content, last, texts = b"", {}, {}
    for number, value, times in fields:
        for _ in range(times):
            if isinstance(value, int):
                content += varint(number << 3) + varint(value)
                last[number] = value
            elif isinstance(value, tuple):
                content += varint(number << 3 | 5) + value[1]
                last[number] = int.from_bytes(value[1], "little")
            else:
                content += varint(number << 3 | 2) + varint(len(value)) + value
                texts.setdefault(number, {})[value] = None
    message = protobuf.Message(Bytes(content), Budget())
    for number, value in last.items():
        assert message.whole(number) == value
    for number, values in texts.items():
        found = [
            part.at(0, part.size) for kind, part in message.fields() if kind == number and not isinstance(part, int)
        ]
        assert set(found) == set(values), "each text at least once, and none that is not there"
    if content:
        with pytest.raises(BadDataError):
            list(protobuf.Message(Bytes(content + b"\x0a\x7f"), Budget()).fields())


def ubj(value) -> bytes:  # noqa: PLR0911 one return a type
    if value is None:
        return b"Z"
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, int):
        return b"L" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"D" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"S" + ubj_text(value)
    if isinstance(value, list):
        if value and all(type(item) is int for item in value):
            return b"[$L#" + b"L" + struct.pack(">q", len(value)) + b"".join(struct.pack(">q", item) for item in value)
        return b"[" + b"".join(ubj(item) for item in value) + b"]"
    return b"{" + b"".join(ubj_text(key) + ubj(item) for key, item in value.items()) + b"}"


def ubj_text(value: str) -> bytes:
    encoded = value.encode()
    return (
        b"i" + struct.pack(">b", len(encoded)) + encoded
        if len(encoded) < 100
        else b"l" + struct.pack(">i", len(encoded)) + encoded
    )


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=120),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=20,
)


@given(plain)
def test_ubjson_comes_back(value):
    assert ubjson.parsed(ubj(value), Budget()) == value
    assert json.dumps(value) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"{i\x01a",
        b"S" + b"l\x7f\xff\xff\xff",
        b"[$L#l\x7f\xff\xff\xff",
        b"[#i\xff",
        b"?",
        b"[" * 100,
        b"[$Z#l\x7f\xff\xff\xff",
    ],
)
def test_ubjson_that_is_none_or_too_much_is_told(content):
    with pytest.raises(BadDataError):
        ubjson.parsed(content, Budget())
