"""Attacks by the archive that is handed in: none may be unpacked, and nothing of one may be left behind.

They are made here and taken in by :func:`proofbox.sandbox.intake.take_in` as the user of the run; no executor plays a
part.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from attacks.kit import MARK

FILES = {
    "submission.yaml": b"schema: proofbox/submission/v1\n",
    "model/model.onnx": b"\x08\x09\x12\x00",
    "dữ liệu.csv": b"a\n1\n",
}
"""An honest submission, to which an attack adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One hostile archive, perhaps in several forms: each must be refused with an error that says what it holds."""

    id: str
    goal: str
    match: str
    """Regular expression of the refusal."""
    forms: Callable[[Path], list[Path]]
    """Write the archives into a folder."""
    proof: str = "a file of the attack's name is found outside, or anything at all where it was to be unpacked"
    ends: tuple[str, ...] = ("refused",)


ARCHIVES: dict[str, Archive] = {}


def archive(goal: str, match: str) -> Callable:
    """Register the function below; it writes the hostile archives into the folder it is given."""

    def register(make):
        found = Archive(id=f"archives.{make.__name__}", goal=goal, match=match, forms=make)
        ARCHIVES[found.id] = found
        return make

    return register


def zipped(path, files, *, top="", edit=None):
    """Write a zip of ``files`` (name -> content); ``edit`` may change each entry's description."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            info = zipfile.ZipInfo(top + name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            if edit:
                edit(info)
            out.writestr(info, content)
    return path


def tarred(path, files, *, top="", add=(), form=tarfile.PAX_FORMAT):
    """Write a tar.gz of ``files``, and after them the bare entries of ``add``."""
    with tarfile.open(path, "w:gz", format=form) as out:
        for name, content in files.items():
            info = tarfile.TarInfo(top + name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
        for info in add:
            out.addfile(info)
    return path


def both(folder, files):
    """Write ``files`` beside those of an honest submission as a zip and as a tar.gz."""
    every = {**FILES, **files}
    return [zipped(folder / "a.zip", every), tarred(folder / "a.tar.gz", every)]


def names(name: str, goal: str, match: str, *hostile: str) -> None:
    """Register one attack by each of several names of a file, or by several names together."""

    def make(folder):
        made = []
        for place, one in enumerate(hostile):
            (folder / str(place)).mkdir()
            made += both(folder / str(place), dict.fromkeys(one.split("|"), b"x"))
        return made

    make.__name__ = name
    archive(goal, match)(make)


names("traversal", "leave the folder by ..", r"'\.\.'", f"../{MARK}.csv", f"a/../../{MARK}.csv", f"a/..|a/../{MARK}")
names("absolute", "be written at a place of its choice", "absolute", f"/tmp/{MARK}.csv", f"c:/{MARK}.csv")
names("backslash", "leave the folder where \\ parts names", "backslash", f"..\\{MARK}.csv", f"a\\{MARK}.csv")
names("direction", "show another ending than it has, by signs that turn the writing", r"U\+20", "gnp\u202evsc.exe",
      "a\u200bb.csv", "a\u2066b.csv")  # fmt: skip
names("control", "write to the terminal by a name", r"U\+00", "a\nb.csv", "a\x1b[2J.csv", "$(id).csv")
names("decomposed", "be two names to people and one to the system (NFC and NFD)", "decomposed",
      unicodedata.normalize("NFD", "dữ.csv"))  # fmt: skip
names("device_names", "open a device where it is unpacked on Windows", "device", "con.csv", "a/LPT1", "nul")
names("odd_parts", "be another name once the system has trimmed it", "''|dot|blank", "a//b.csv", "a./b.csv", "a /b.csv")
names("deep", "fill the stack of whoever walks its folders", "deep", "/".join("abcdefgh" * 5))
names("case_fold", "be two files here and one elsewhere", "the same", "A.csv|a.csv", "D/a|d/b", "straße|STRASSE")
names("compatible_letters", "be two files here and one elsewhere, by joined letters", "the same", "ﬁ.csv|fi.csv")
names("file_and_folder", "be a file and a folder at once", "the same", "x|x/y")


@archive("name one file twice, so that two programs read two submissions", "the same")
def duplicate(folder):
    path = folder / "a.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as out:
        warnings.simplefilter("ignore")
        for content in ("1", "2"):
            out.writestr("submission.yaml", content)
    twice = tarfile.TarInfo("submission.yaml")
    return [path, tarred(folder / "a.tar.gz", FILES, add=[twice])]


@archive("be a link out of the folder, or through one that was unpacked before", "link|pipe|device")
def links(folder):
    made = []
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        for target in ("../../etc/passwd", "/etc/passwd", "submission.yaml"):
            info = tarfile.TarInfo("thing")
            info.type, info.linkname = kind, target
            through = tarfile.TarInfo(f"thing/{MARK}")
            made.append(tarred(folder / f"{len(made)}.tar.gz", FILES, add=[info, through]))
    return made


@archive("be a device or a pipe that holds whoever opens it", "link|pipe|device")
def special_files(folder):
    made = []
    for kind in (tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.CONTTYPE):
        info = tarfile.TarInfo("thing")
        info.type, info.devmajor, info.devminor = kind, 1, 1
        made.append(tarred(folder / f"{len(made)}.tar.gz", FILES, add=[info]))
    return made[:3]


@archive("be a link in a zip", "symbolic link")
def zip_link(folder):
    def link(info):
        if info.filename.endswith("csv"):
            info.external_attr = 0o120777 << 16

    return [zipped(folder / "a.zip", FILES, edit=link)]


@archive("fill the disk from a few bytes", "more than [0-9]+ bytes in all")
def bomb(folder):
    return both(folder, {"zeros.csv": bytes(30_000_000)})


@archive("use up the entries of the file system", "more than [0-9]+ files")
def many_files(folder):
    return [zipped(folder / "a.zip", {**FILES, **{f"f{place}": b"" for place in range(2_100)}})]


@archive("say of a file that it is smaller than it is", "more or fewer bytes")
def size_lie(folder):
    path = zipped(folder / "a.zip", {**FILES, "zeros.csv": bytes(100_000)})
    raw = path.read_bytes()
    assert raw.count(struct.pack("<L", 100_000)) == 2
    path.write_bytes(raw.replace(struct.pack("<L", 100_000), struct.pack("<L", 1_000)))
    return [path]


def tricks(name: str, goal: str, match: str, *trick: Callable[[bytes], bytes], tar: bool = False) -> None:
    """Register one attack by changing the bytes of an honest archive in each of several ways."""

    def make(folder):
        made = []
        for place, one in enumerate(trick):
            path = tarred(folder / f"{place}.tar.gz", FILES) if tar else zipped(folder / f"{place}.zip", FILES)
            path.write_bytes(one(path.read_bytes()))
            made.append(path)
        return made

    make.__name__ = name
    archive(goal, match)(make)


def second_at_the_first(raw):
    """Point the second entry of the table at the first one's content."""
    table = raw.index(b"PK\x01\x02")
    second = raw.index(b"PK\x01\x02", table + 4)
    return raw[: second + 42] + raw[table + 42 : table + 46] + raw[second + 46 :]


def renamed_in_one_table(raw):
    """Give the first entry another name in its own header than in the table."""
    place = raw.index(b"submission.yaml")
    return raw[:place] + b"Submission.yaml" + raw[place + 15 :]


def _encrypted(raw):
    return raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01", 1)


def _zip64_sizes(raw):
    """Say in the table that the first entry's sizes stand in an extra field of 64 bits, which is not there."""
    place = raw.index(b"PK\x01\x02")
    return raw[: place + 20] + b"\xff" * 8 + raw[place + 28 :]


def _method(raw):
    place = raw.index(b"PK\x01\x02")
    return raw[:8] + b"\x0c" + raw[9 : place + 10] + b"\x0c" + raw[place + 11 :]  # bzip2


tricks("two_tables", "have one name in each of its tables", "do not agree", renamed_in_one_table)
tricks("same_content", "give two names one content (overlap)", "overlap|do not agree", second_at_the_first)
tricks("polyglot", "be a script or a picture as well: bytes before, after, in a comment", "begin|at the end|comment",
       lambda raw: b"#!/bin/sh\n" + raw, lambda raw: raw + b"more", lambda raw: raw[:-2] + b"\x04\x00more")  # fmt: skip
tricks("encrypted", "hide its content from whoever scans it", "encrypted", _encrypted)
tricks(
    "zip64_lie", "have sizes in one form and others in another (zip64)", "64|do not agree|larger|bytes", _zip64_sizes
)
tricks("method", "be packed by a method that few read", "method|stored or deflate|compress|do not agree", _method)
tricks("checksum", "have another content than its checksum says", "do not agree|checksum|damaged",
       lambda raw: raw[:14] + b"\0\0\0\0" + raw[18:])  # fmt: skip
tricks("cut_zip", "end in the middle, be empty, be noise", "at the end|too few", lambda raw: raw[:-40], lambda raw: b"",
       lambda raw: b"PK\x03\x04" + bytes(range(256)) * 4)  # fmt: skip
tricks("cut_tar", "end in the middle, be empty, be no gzip", "ends too early|no gzip", lambda raw: raw[: len(raw) // 2],
       lambda raw: b"", gzip.decompress, tar=True)  # fmt: skip
tricks("hidden_in_tar", "hold a second archive after its end, which other programs read", "after the end",
       lambda raw: raw + b"more", lambda raw: raw + gzip.compress(b"more"),
       lambda raw: gzip.compress(gzip.decompress(raw) + b"hidden"), tar=True)  # fmt: skip
tricks("tar_checksum", "have a damaged header that some programs read all the same", "checksum",
       lambda raw: gzip.compress(b"X" + gzip.decompress(raw)[1:]), tar=True)  # fmt: skip


def entry(name, content, offset, *, local):
    """Return a stored entry's local or central header."""
    told = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 33, zlib.crc32(content), len(content), len(content), len(name), 0)
    if local:
        return b"PK\x03\x04" + told + name
    return b"PK\x01\x02" + struct.pack("<H", 20) + told + struct.pack("<HHHLL", 0, 0, 0, 0, offset) + name


def built(entries, before_table=b""):
    """Return a zip of (name, content, offset or None to append) whose offsets are as told."""
    body, table = b"", b""
    for name, content, offset in entries:
        place = len(body) if offset is None else offset
        if offset is None:
            body += entry(name, content, 0, local=True) + content
        table += entry(name, content, place, local=False)
    body += before_table
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(table), len(body), 0)
    return body + table + end


INNER = entry(b"inner", b"x" * 50, 0, local=True) + b"x" * 50
WHOLE = [(b"submission.yaml", b"schema", None), (b"outer", b"x" + INNER, None)]


@archive(
    "hold a file inside another one's bytes, or bytes that belong to none", "overlap|between the last|belong to no"
)
def overlap_and_gaps(folder):
    inside = built(WHOLE).index(INNER)
    first = entry(b"submission.yaml", b"schema", 0, local=True) + b"schema"
    body = first + b"hidden" + INNER
    table = entry(b"submission.yaml", b"schema", 0, local=False) + entry(
        b"inner", b"x" * 50, len(first) + 6, local=False
    )
    gap = body + table + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(table), len(body), 0)
    forms = [built([*WHOLE, (b"inner", b"x" * 50, inside)]), built(WHOLE, before_table=b"hidden"), gap]
    for place, form in enumerate(forms):
        (folder / f"{place}.zip").write_bytes(form)
    return [folder / f"{place}.zip" for place in range(len(forms))]


@archive("have a header without end, or tell of a file with holes (pax, sparse)", "a header of|the key")
def pax_headers(folder):
    info = tarfile.TarInfo("x")
    info.pax_headers = {"comment": "c" * 200_000}
    made = [tarred(folder / "a.tar.gz", FILES, add=[info])]
    for key, value in (("GNU.sparse.major", "1"), ("SCHILY.xattr.user.x", "x"), ("size", "9"), ("linkpath", "/etc")):
        info.pax_headers = {key: value}
        made.append(tarred(folder / f"{len(made)}.tar.gz", FILES, add=[info]))
    return made


@archive("bring another archive, which nobody has looked into", "archive")
def nested(folder):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as out:
        out.writestr("x", "y")
    made = []
    for place, name in enumerate(("inner.zip", "inner.csv", "x.tar", "x.gz")):
        (folder / str(place)).mkdir()
        made += both(folder / str(place), {name: inner.getvalue()})
    return made
