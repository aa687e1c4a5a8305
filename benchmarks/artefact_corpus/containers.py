"""The same attack inside of compressed streams, archives and arrays, and archives that are attacks themselves."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib

from .case import Case, executing, plain, text, torch_archive, zipped


def cases(canary: str) -> list[Case]:
    """Return the containers; ``canary`` is the file that the pickles in them try to write."""
    evil = executing(canary)
    entries: list[tuple[str, str, bytes, str]] = [
        *(
            (f"joblib with {name}", "model/model.joblib", content, "joblib")
            for name, content in compressed(evil).items()
        ),
        (
            "joblib of an old protocol",
            "model/weights.bin",
            zlib.compress(b"I1\n0" * 80 + b"cos\nsystem\n(Vtrue\ntR."),
            "joblib",
        ),
        ("a gzip of a pickle", "model/model.pkl.gz", gzip.compress(evil, mtime=0), "joblib"),
        ("a gzip of a gzip", "model/model.pkl.gz", gzip.compress(gzip.compress(evil, mtime=0), mtime=0), ""),
        ("a zip of a pickle", "model/model.zip", zipped({"model.pkl": evil}), ""),
        ("a zip in a zip", "model/model.zip", zipped({"inner.zip": zipped({"model.pkl": evil})}), ""),
        ("a tar", "model/model.tar", tarred({"model.pkl": evil}), ""),
        ("a tar with gzip", "model/model.tar.gz", gzip.compress(tarred({"model.pkl": evil}), mtime=0), ""),
        ("an array of objects", "model/model.npy", npy_of(evil), "numpy"),
        ("an array of objects in a npz", "model/model.npz", zipped({"arr_0.npy": npy_of(evil)}), "numpy"),
        ("a structure with objects", "model/model.npy", npy_of(evil, "[('a', '|O')]"), "numpy"),
        ("a joblib array of objects", "model/model.joblib", joblib_array(evil), "joblib"),
        ("what follows a joblib array", "model/model.joblib", after_array(canary), "joblib"),
        ("hidden in a frame", "model/model.joblib", hidden_in_frame(canary), "joblib"),
        ("a torch archive", "model/model.pt", torch_archive(evil), ""),
        ("a torch archive, deflated", "model/model.pt", torch_archive(evil, zipfile.ZIP_DEFLATED), ""),
        ("a torch archive named as data", "model/model.bin", torch_archive(evil), ""),
        (
            "a torch archive with a second pickle",
            "model/model.pt",
            zipped({"a/data.pkl": plain({}), "a/extra.pkl": evil}),
            "",
        ),
        ("a torch file of old", "model/model.pt", torch_legacy(evil), ""),
        ("a checkpoint that is a pickle", "model/model.pth", evil, "pickle"),
        ("a pickle named as ONNX", "model/model.onnx", evil, "pickle"),
        ("a pickle named as JSON", "model/model.json", evil, "pickle"),
        ("a pickle named as a table", "model/eval.csv", evil, "pickle"),
        ("a pickle of text named as text", "model/notes.txt", b"cos\nsystem\n(Vtrue\ntR.", "pickle"),
        ("a pickle in front of a zip", "model/model.pkl", evil + zipped({"a.txt": b"x"}), "pickle"),
        ("a zip behind a pickle", "model/model.pkl", plain({"a": 1}) + zipped({"model.pkl": evil}), ""),
        ("two names for one entry", "model/model.zip", _renamed(zipped({"model.pkl": evil})), ""),
        ("an entry that is listed twice", "model/model.zip", _twice(evil), ""),
        ("a checksum that is wrong", "model/model.zip", _wrong_checksum(evil), ""),
        ("a flag that says encrypted", "model/model.zip", _flagged(zipped({"model.pkl": evil})), ""),
        ("an entry that climbs out", "model/model.zip", zipped({"../../escape.txt": b"x"}), ""),
        ("a link in a tar", "model/model.tar", _linked(), ""),
        ("a path in a tar that climbs out", "model/model.tar", tarred({"../escape.txt": b"x"}), ""),
        ("entries that share their bytes", "model/model.zip", _overlapping(), ""),
        ("archives in archives", "model/model.zip", _nested(20), ""),
        ("a bomb of zeros", "model/model.pkl.gz", gzip.compress(bytes(200_000_000), 9, mtime=0), ""),
        (
            "a bomb of a pickle",
            "model/model.joblib",
            zlib.compress(b"\x80\x02" + b"N0" * 9_000_000 + b"N.", 9),
            "joblib",
        ),
        ("an array larger than its file", "model/model.npy", npy_of(b"", "'<f8'", shape="(1 << 40,)"), ""),
        (
            "compiled code in a zip",
            "model/model.zip",
            zipped({"lib/helper.so": b"\x7fELF\x02\x01\x01" + bytes(64)}),
            "",
        ),
    ]
    return [
        Case(
            name=name,
            family="container",
            files={path: content},
            model=path,
            loader=loader,
            declared="joblib" if loader == "joblib" else None,
            ends_process=name == "a bomb of a pickle",
        )
        for name, path, content, loader in entries
    ]


def compressed(content: bytes) -> dict[str, bytes]:
    """Return bytes in each way that joblib compresses; LZ4 as stored and as copied blocks."""
    return {
        "zlib": zlib.compress(content),
        "zlib of level 0": zlib.compress(content, 0),
        "gzip": gzip.compress(content, mtime=0),
        "bzip2": bz2.compress(content),
        "xz": lzma.compress(content),
        "lzma": lzma.compress(content, lzma.FORMAT_ALONE),
        "lz4, stored": lz4_stored(content),
        "lz4, with a copy": lz4_copied(content),
    }


def lz4_stored(content: bytes) -> bytes:
    """Return an LZ4 frame of one block that is stored."""
    return b"\x04\x22M\x18\x60\x40\x82" + struct.pack("<I", len(content) | 1 << 31) + content + bytes(4)


def lz4_copied(content: bytes) -> bytes:
    """Return an LZ4 frame whose block is literals alone but for the copies that ``NNNN...`` in front of it makes.

    The content is put behind a pickle's harmless ``N0`` pairs, so that a copy is needed to read it at all.
    """
    head, rest = content[:2] + b"N0", content[2:]
    copied = 16  # eight more of the pairs, from two bytes back
    block = bytes([len(head) << 4 | copied - 4]) + head + struct.pack("<H", 2)
    length = len(rest)
    token = min(length, 15) << 4
    more = b""
    if length >= 15:
        left = length - 15
        more = b"\xff" * (left // 255) + bytes([left % 255])
    block += bytes([token]) + more + rest
    return b"\x04\x22M\x18\x60\x40\x82" + struct.pack("<I", len(block)) + block + bytes(4)


def _old_protocol() -> bytes:
    return zlib.compress(b"I1\n0" * 80 + b"cos\nsystem\n(Vtrue\ntR.")


def tarred(entries: dict[str, bytes]) -> bytes:
    """Return a tar of these files."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return into.getvalue()


def npy_of(data: bytes, descr: str = "'|O'", shape: str = "(1,)") -> bytes:
    """Return a ``.npy`` with this type and these bytes."""
    shape = repr(eval(shape))
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def wrapper(shape: bytes, item: str) -> bytes:
    """Return the opcodes of joblib's wrapper of an array, up to and with its BUILD."""
    dtype = b"cnumpy\ndtype\n" + text(item) + b"\x89\x88\x87R"
    return (
        b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
        + text("subclass")
        + b"cnumpy\nndarray\n"
        + text("order")
        + text("C")
        + text("allow_mmap")
        + b"\x89"
        + text("shape")
        + shape
        + text("dtype")
        + dtype
        + b"ub"
    )


def joblib_array(evil: bytes) -> bytes:
    """Return a joblib file whose array of objects is the attack."""
    return b"\x80\x04" + wrapper(b"K\x01\x85", "O8") + evil + b"."


def after_array(canary: str) -> bytes:
    """Return a joblib file with an honest array and a call behind its bytes."""
    return b"\x80\x04" + wrapper(b"K\x03\x85", "i1") + b"abc" + executing(canary)[2:]


def hidden_in_frame(canary: str) -> bytes:
    """Return what a loader runs and a plain walk takes for the bytes of an array (see test_safe_format)."""
    hidden = executing(canary)[2:]
    body = wrapper(b"M" + struct.pack("<H", len(hidden)) + b"\x85", "i1")
    frame = b"\x95" + struct.pack("<Q", len(body) + len(hidden)) + body + hidden
    return b"\x80\x04" + frame + b"N.".ljust(len(hidden), b"N")


def torch_legacy(evil: bytes) -> bytes:
    """Return a file as ``torch.save`` wrote it before version 1.6."""
    magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
    return magic + plain(1001) + plain({"little_endian": True}) + evil + plain([]) + bytes(64)


def _renamed(archive: bytes) -> bytes:
    """Return the zip with another name in the entry's own header."""
    return archive.replace(b"model.pkl", b"model.txt", 1)


def _twice(evil: bytes) -> bytes:
    import warnings

    into = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(into, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("model.pkl", pickle.dumps({"a": 1}))
        archive.writestr("model.pkl", evil)
    return into.getvalue()


def _wrong_checksum(evil: bytes) -> bytes:
    archive = zipped({"model.pkl": evil})
    place = archive.index(b"PK\x01\x02") + 16
    return archive[:place] + b"\0\0\0\0" + archive[place + 4 :]


def _flagged(archive: bytes) -> bytes:
    place = archive.index(b"PK\x01\x02") + 8
    return archive[:place] + bytes([archive[place] | 1]) + archive[place + 1 :]


def _linked() -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as archive:
        info = tarfile.TarInfo("weights.bin")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    return into.getvalue()


def _overlapping() -> bytes:
    """Return a zip whose ten entries are one run of bytes."""
    single = zipped({"a": bytes(1_000_000)})
    start = single.index(b"PK\x01\x02")
    record, end = single[start : single.index(b"PK\x05\x06")], single.index(b"PK\x05\x06")
    directory = b"".join(record[:46] + b"a" + record[47:] for _ in range(10))
    return (
        single[:start]
        + directory
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 10, 10, len(directory), start, 0)
        + single[end + 22 :]
    )


def _nested(depth: int) -> bytes:
    content = b"x"
    for _ in range(depth):
        content = zipped({"a.zip": content})
    return content
