import gzip
import hashlib
import io
import os
import socket
import stat
import struct
import tarfile
import unicodedata
import zipfile

import pytest
from attacks.archives import (
    FILES,
    INNER,
    WHOLE,
    built,
    entry,
    renamed_in_one_table,
    second_at_the_first,
    tarred,
    zipped,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.sandbox import intake as rooms
from proofbox.sandbox.errors import IntakeError, SandboxError
from proofbox.sandbox.intake import IntakeLimits, model_format, take_in


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "submitted"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def refuses(source, tmp_path, match, limits=None):
    into = tmp_path / "into"
    with pytest.raises(IntakeError, match=match) as caught:
        take_in(source, into, limits)
    assert not into.exists(), "something was left behind"
    assert caught.value.got
    assert caught.value.expected
    assert caught.value.hint
    return caught.value


def test_a_folder_is_copied_read_only_and_hashed(folder, tmp_path):
    taken = take_in(folder, tmp_path / "into")
    assert [one.path for one in taken.files] == sorted(FILES)
    for one in taken.files:
        copy = taken.root / one.path
        assert copy.read_bytes() == FILES[one.path]
        assert one.sha256 == hashlib.sha256(FILES[one.path]).hexdigest()
        assert one.size == len(FILES[one.path])
        assert stat.S_IMODE(copy.stat().st_mode) == 0o444
    assert stat.S_IMODE(taken.root.stat().st_mode) == 0o700


def test_the_same_submission_has_one_digest_in_every_form(folder, tmp_path):
    forms = {
        "folder": folder,
        "file": folder / "submission.yaml",
        "zip": zipped(tmp_path / "a.zip", FILES),
        "zip-top": zipped(tmp_path / "b.zip", FILES, top="top/"),
        "tar": tarred(tmp_path / "c.tar.gz", FILES),
        "tar-dot": tarred(tmp_path / "d.tar.gz", FILES, top="./"),
        "tar-top": tarred(tmp_path / "e.tgz", FILES, top="top/"),
        "tar-gnu": tarred(tmp_path / "f.tar.gz", FILES, form=tarfile.GNU_FORMAT),
    }
    digests = {name: take_in(path, tmp_path / f"into-{name}").digest for name, path in forms.items()}
    assert len(set(digests.values())) == 1, digests
    (folder / "model/model.onnx").rename(folder / "model/other.onnx")
    assert take_in(folder, tmp_path / "renamed").digest != digests["folder"]


def test_real_tools_make_archives_that_are_taken(folder, tmp_path):
    import shutil

    made = shutil.make_archive(str(tmp_path / "made"), "gztar", folder)
    assert len(take_in(rooms.Path(made), tmp_path / "into-a").files) == 3
    made = shutil.make_archive(str(tmp_path / "made"), "zip", folder)
    assert len(take_in(rooms.Path(made), tmp_path / "into-b").files) == 3


def test_long_names_in_a_tar(tmp_path):
    files = {**FILES, "a" * 90 + "/" + "b" * 150 + ".csv": b"x"}
    for place, form in enumerate((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)):
        taken = take_in(tarred(tmp_path / f"{place}.tar.gz", files, form=form), tmp_path / f"into{place}")
        assert sorted(files) == [one.path for one in taken.files]


@pytest.mark.parametrize("target", ["submission.yaml", "/etc/passwd", "../../outside", "nowhere"])
def test_links_in_a_folder(folder, tmp_path, target):
    (folder / "link").symlink_to(target)
    assert refuses(folder, tmp_path, "symbolic link").path == "link"


def test_a_linked_folder(folder, tmp_path):
    (folder / "etc").symlink_to("/etc")
    refuses(folder, tmp_path, "symbolic link")


def test_pipes_and_sockets_in_a_folder(folder, tmp_path, monkeypatch):
    os.mkfifo(folder / "pipe")
    refuses(folder, tmp_path, "a pipe")
    (folder / "pipe").unlink()
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        refuses(folder, tmp_path, "a socket")


def test_a_pipe_put_there_after_the_look_does_not_hold_us(folder, tmp_path, monkeypatch):
    real = os.open

    def swap(path, flags, *args, **kwargs):
        if path == "submission.yaml":
            (folder / path).unlink()
            os.mkfifo(folder / path)
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(rooms.os, "open", swap)
    refuses(folder, tmp_path, "a pipe")


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        (IntakeLimits(files=3), "more than 3 files"),
        (IntakeLimits(file_bytes=10), "a file of"),
        (IntakeLimits(total_bytes=20), "more than 20 bytes"),
    ],
)
def test_limits(folder, tmp_path, limits, match):
    refuses(folder, tmp_path, match, limits)
    refuses(zipped(tmp_path / "a.zip", FILES), tmp_path, match, limits)
    refuses(tarred(tmp_path / "a.tar.gz", FILES), tmp_path, match, limits)


def test_no_submission_file(folder, tmp_path):
    (folder / "submission.yaml").unlink()
    refuses(folder, tmp_path, "no submission.yaml")
    refuses(zipped(tmp_path / "a.zip", {"a/x": b"", "b/submission.yaml": b""}), tmp_path, "no submission.yaml")


def test_no_such_source(tmp_path):
    refuses(tmp_path / "nothing", tmp_path, "no such file")
    (tmp_path / "notes.txt").write_text("x")
    refuses(tmp_path / "notes.txt", tmp_path, "something else")


def test_into_must_be_fresh(folder, tmp_path):
    (tmp_path / "into").mkdir()
    (tmp_path / "into/mine").write_text("x")
    with pytest.raises(SandboxError, match="expected a path that does not exist"):
        take_in(folder, tmp_path / "into")
    assert (tmp_path / "into/mine").exists()
    (tmp_path / "empty").mkdir(mode=0o755)
    assert stat.S_IMODE(take_in(folder, tmp_path / "empty").root.stat().st_mode) == 0o700


BAD_NAMES = {
    "traversal": ("../out.csv", "'..'"),
    "inner traversal": ("a/../../out.csv", "'..'"),
    "absolute": ("/tmp/out.csv", "absolute"),
    "backslash": ("a\\b.csv", "backslash"),
    "drive": ("c:/a.csv", "absolute"),
    "bidi": ("gnp\u202evsc.exe", "U\\+202E"),
    "zero width": ("a\u200bb.csv", "U\\+200B"),
    "line break": ("a\nb.csv", "U\\+000A"),
    "shell": ("$(id).csv", "U\\+0024"),
    "decomposed": (unicodedata.normalize("NFD", "dữ.csv"), "decomposed"),
    "device": ("con.csv", "device"),
    "device with blanks": ("a/LPT1", "device"),
    "empty part": ("a//b.csv", "''"),
    "trailing dot": ("a./b.csv", "dot"),
    "too deep": ("/".join("abcdefgh" * 5), "deep"),
}


@pytest.mark.parametrize(("name", "match"), BAD_NAMES.values(), ids=BAD_NAMES)
def test_names_in_archives(tmp_path, name, match):
    refuses(zipped(tmp_path / "a.zip", {**FILES, name: b"x"}), tmp_path, match)
    refuses(tarred(tmp_path / "a.tar.gz", {**FILES, name: b"x"}), tmp_path, match)
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path.parent / "out.csv").exists()


@pytest.mark.parametrize(
    "pair", [("A.csv", "a.csv"), ("ﬁ.csv", "fi.csv"), ("straße", "STRASSE"), ("x", "x/y"), ("D/a", "d/b")]
)
def test_names_that_some_systems_take_for_one(tmp_path, pair):
    files = {**FILES, pair[0]: b"1", pair[1]: b"2"}
    refuses(zipped(tmp_path / "a.zip", files), tmp_path, "the same")
    refuses(tarred(tmp_path / "a.tar.gz", files), tmp_path, "the same")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        for content in ("1", "2"):
            out.writestr("submission.yaml", content)
    refuses(tmp_path / "a.zip", tmp_path, "the same")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_links_and_devices_in_a_tar(tmp_path, kind):
    info = tarfile.TarInfo("thing")
    info.type, info.linkname = kind, "../../etc/passwd"
    refuses(tarred(tmp_path / "a.tar.gz", FILES, add=[info]), tmp_path, "link|pipe|device")


def test_a_link_in_a_zip(tmp_path):
    def link(info):
        if info.filename.endswith("csv"):
            info.external_attr = 0o120777 << 16

    refuses(zipped(tmp_path / "a.zip", FILES, edit=link), tmp_path, "symbolic link")


def test_bombs(tmp_path):
    many = {**FILES, "zeros.csv": bytes(30_000_000)}
    refuses(zipped(tmp_path / "a.zip", many), tmp_path, "more than [0-9]+ bytes in all")
    refuses(tarred(tmp_path / "a.tar.gz", many), tmp_path, "more than [0-9]+ bytes in all")


def test_a_zip_that_lies_about_a_size(tmp_path):
    path = zipped(tmp_path / "a.zip", {**FILES, "zeros.csv": bytes(100_000)})
    raw = path.read_bytes()
    assert raw.count(struct.pack("<L", 100_000)) == 2
    path.write_bytes(raw.replace(struct.pack("<L", 100_000), struct.pack("<L", 1_000)))
    refuses(path, tmp_path, "more or fewer bytes")


ZIP_TRICKS = {
    "overlap": (second_at_the_first, "overlap|do not agree"),
    "two names": (renamed_in_one_table, "do not agree"),
    "before": (lambda raw: b"#!/bin/sh\n" + raw, "does not begin"),
    "after": (lambda raw: raw + b"more", "at the end"),
    "comment": (lambda raw: raw[:-2] + b"\x04\x00more", "comment"),
    "cut": (lambda raw: raw[:-40], "at the end|too few"),
    "garbage": (lambda raw: b"PK\x03\x04" + bytes(range(256)) * 4, "at the end"),
    "encrypted": (
        lambda raw: raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01", 1),
        "encrypted",
    ),
    "checksum": (lambda raw: raw[:14] + b"\0\0\0\0" + raw[18:], "do not agree"),
    "empty": (lambda raw: b"", "too few"),
}


@pytest.mark.parametrize(("trick", "match"), ZIP_TRICKS.values(), ids=ZIP_TRICKS)
def test_zips_that_two_programs_read_differently(tmp_path, trick, match):
    path = zipped(tmp_path / "a.zip", FILES)
    assert take_in(path, tmp_path / "good").files
    path.write_bytes(trick(path.read_bytes()))
    refuses(path, tmp_path, match)


def test_entries_that_overlap_or_leave_gaps(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(built(WHOLE))
    assert len(take_in(path, tmp_path / "good").files) == 2
    inside = built(WHOLE).index(INNER)
    path.write_bytes(built([*WHOLE, (b"inner", b"x" * 50, inside)]))
    refuses(path, tmp_path, "overlap")
    path.write_bytes(built(WHOLE, before_table=b"hidden"))
    refuses(path, tmp_path, "between the last entry")
    first = entry(b"submission.yaml", b"schema", 0, local=True) + b"schema"
    body = first + b"hidden" + INNER
    table = entry(b"submission.yaml", b"schema", 0, local=False) + entry(
        b"inner", b"x" * 50, len(first) + 6, local=False
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(table), len(body), 0)
    path.write_bytes(body + table + end)
    refuses(path, tmp_path, "6 bytes that belong to no entry")


TAR_TRICKS = {
    "cut": (lambda raw: raw[: len(raw) // 2], "ends too early"),
    "not gzip": (gzip.decompress, "no gzip"),
    "after": (lambda raw: raw + b"more", "after the end"),
    "second member": (lambda raw: raw + gzip.compress(b"more"), "after the end"),
    "hidden file": (lambda raw: gzip.compress(gzip.decompress(raw) + b"hidden"), "after the end"),
    "checksum": (lambda raw: gzip.compress(b"X" + gzip.decompress(raw)[1:]), "checksum"),
    "empty": (lambda raw: b"", "ends too early"),
}


@pytest.mark.parametrize(("trick", "match"), TAR_TRICKS.values(), ids=TAR_TRICKS)
def test_tars_that_are_not_whole(tmp_path, trick, match):
    path = tarred(tmp_path / "a.tar.gz", FILES)
    path.write_bytes(trick(path.read_bytes()))
    refuses(path, tmp_path, match)


def test_a_huge_header_in_a_tar(tmp_path):
    info = tarfile.TarInfo("x")
    info.pax_headers = {"comment": "c" * 200_000}
    refuses(tarred(tmp_path / "a.tar.gz", FILES, add=[info]), tmp_path, "a header of")
    info.pax_headers = {"GNU.sparse.major": "1"}
    refuses(tarred(tmp_path / "b.tar.gz", FILES, add=[info]), tmp_path, "the key")


def test_nested_archives(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as out:
        out.writestr("x", "y")
    for name in ("inner.zip", "inner.csv", "x.tar", "x.gz"):
        refuses(zipped(tmp_path / "a.zip", {**FILES, name: inner.getvalue()}), tmp_path, "archive")
    taken = take_in(zipped(tmp_path / "b.zip", {**FILES, "m.skops": inner.getvalue()}), tmp_path / "good")
    assert model_format(taken, "m.skops") == "skops"


FORMATS = {
    "model.onnx": (b"\x08\x09\x12\x04skl2", "onnx"),
    "model.bin": (b"\x08\x09\x12\x04skl2", "onnx"),
    "bad.onnx": (b"not a model", "unknown"),
    "model.skops": (b"PK\x03\x04....", "skops"),
    "weights.pt": (b"PK\x03\x04....", "unknown"),
    "model.pkl": (b"\x80\x04\x95", "pickle"),
    "hidden.onnx.txt": (b"\x80\x05\x95", "pickle"),
    "model.joblib": (b"\x80\x04\x95", "joblib"),
    "small.joblib": (b"\x78\x9c\xff", "joblib"),
    "small.pkl": (b"\x1f\x8b\x08", "joblib"),
    "old.pkl": (b"(dp0\n", "pickle"),
    "empty.pkl": (b"", "unknown"),
}


def test_formats(folder, tmp_path):
    for name, (content, _) in FORMATS.items():
        (folder / name).write_bytes(content)
    taken = take_in(folder, tmp_path / "into")
    assert {name: model_format(taken, name) for name in FORMATS} == {n: kind for n, (_, kind) in FORMATS.items()}
    assert model_format(taken, "./model/") == "unknown"
    with pytest.raises(IntakeError, match="no such file"):
        model_format(taken, "missing.onnx")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_archive_is_refused_or_read_as_it_was(tmp_path_factory, data):
    tmp_path = tmp_path_factory.mktemp("fuzz")
    make = data.draw(
        st.sampled_from([lambda: zipped(tmp_path / "a.zip", FILES), lambda: tarred(tmp_path / "a.tar.gz", FILES)])
    )
    path = make()
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    into = tmp_path / "into"
    try:
        taken = take_in(path, into)
    except IntakeError:
        assert not into.exists()
        return
    assert all((taken.root / one.path).resolve().is_relative_to(into.resolve()) for one in taken.files)
