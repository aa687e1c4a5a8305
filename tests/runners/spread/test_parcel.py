"""Files are taken where they are the very same, sent where they are not, and refused where they are others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from proofbox.checks.subject import FileRecord, Subject
from proofbox.runners.remote.address import parse_address
from proofbox.runners.spread import parcel as parcels
from proofbox.runners.spread.kit import Kit, ModelKit, RowsKit
from proofbox.runners.spread.parcel import Receiving, WrongFileError, lies_here, moved, parcel_of, pieces
from proofbox.runners.submitted.bringing import Fetching
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.reading import FileSpec
from proofbox.sandbox.spec import ModelSpec

CONTENT = {"model/a.py": b"a" * 70, "model/b.bin": b"", "data/e.csv": b"x,y\n" * 50, "other.md": b"not needed"}


@pytest.fixture
def parcel(tmp_path):
    files = []
    for path, content in CONTENT.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
        files.append(FileRecord(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest()))
    subject = Subject(
        root=tmp_path,
        files=tuple(files),
        declared_files=(),
        task="binary-classification",
        model_path="model",
        model_format="python",
        provenance={},
        product={},
    )
    resolved = SimpleNamespace(subject=subject, evaluation=SimpleNamespace(path="data/e.csv"), fetched=())
    return parcel_of(resolved, Fetching())


def test_it_holds_the_model_and_the_data_and_nothing_else(parcel):
    assert [file.path for file in parcel.files] == ["model/a.py", "model/b.bin", "data/e.csv"]


def test_the_very_folder_is_known_and_a_path_on_shared_storage_is_believed_by_its_digests_alone(parcel):
    assert lies_here(parcel)
    elsewhere = replace(parcel, place=("another machine", 1, 2))
    assert lies_here(elsewhere)
    (parcel.root / "model/a.py").write_bytes(b"b" * 70)
    assert not lies_here(elsewhere)
    assert not lies_here(replace(elsewhere, root=parcel.root / "nowhere"))


def test_what_is_sent_arrives_read_only_and_whole(parcel, monkeypatch):
    monkeypatch.setattr(parcels, "PIECE_BYTES", 32)
    receiving = Receiving()
    sent = list(pieces(parcel))
    assert max(len(piece) for _, piece, _ in sent) == 32
    for file, piece, last in sent:
        receiving.take(file, piece, last=last)
    for file in parcel.files:
        assert (receiving.root / file.path).read_bytes() == CONTENT[file.path]
        assert (receiving.root / file.path).stat().st_mode & 0o777 == 0o444
    assert not (receiving.root / "other.md").exists()
    receiving.close()
    assert not receiving.root.exists()


def test_what_is_not_the_file_is_refused(parcel):
    receiving = Receiving()
    file = parcel.files[0]
    with pytest.raises(WrongFileError, match=r"model/a\.py: what arrived has the digest"):
        receiving.take(file, b"b" * 70, last=True)
    receiving.close()


def test_a_kit_moves_with_its_files(parcel, tmp_path):
    spec = ModelSpec(path=parcel.root / "model", format="python", features=("a",), output="label", task="regression")
    rows = RowsKit(spec=FileSpec(path=parcel.root / "data/e.csv", format="csv"), written={}, rows=1, block_rows=1)
    kit = Kit(executor="auto", limits=Limits(), model=ModelKit(spec=spec, block=None), rows=rows)
    new = moved(kit, parcel.root, tmp_path / "new")
    assert new.model.spec.path == tmp_path / "new/model"
    assert new.rows.spec.path == tmp_path / "new/data/e.csv"
    assert moved(replace(kit, model=None, rows=None), parcel.root, tmp_path) == replace(kit, model=None, rows=None)


def test_what_has_an_address_is_fetched_there_where_it_may_be_and_is_the_same(parcel, tmp_path):
    source = tmp_path / "store.csv"
    source.write_bytes(b"x,y\n")
    uri = f"file://{source}"
    local = parse_address(uri).local
    file = FileRecord(path=local, size=4, sha256=hashlib.sha256(b"x,y\n").hexdigest())
    there = replace(parcel, files=(*parcel.files, file), addresses={local: uri}, fetching=Fetching(allowed=(uri,)))

    def fetched(given):
        receiving = Receiving()
        found = receiving.fetch(given), sorted(path.name for path in receiving.root.rglob("*") if path.is_file())
        receiving.close()
        return found

    assert fetched(there) == ((local,), ["store.csv"])
    sent = {one.path for one, _, _ in pieces(replace(there, files=parcel.files), (local,))}
    assert sent == {one.path for one in parcel.files}
    assert fetched(replace(there, fetching=Fetching())) == ((), [])
    source.write_bytes(b"y,x\n")
    assert fetched(there) == ((), []), "another object by now"


def test_of_data_in_parts_it_holds_the_parts_with_their_addresses_and_no_marks(parcel):
    place = "fetched/s3/data/e"
    names = ("0.parquet", "1.parquet", "_SUCCESS", "in/2.parquet")
    files = tuple(FileRecord(path=f"{place}/{name}", size=1, sha256="0" * 64) for name in names)
    fetched = tuple(SimpleNamespace(local=file.path, uri=f"s3://data/e/{file.path[-9:]}") for file in files[:2])
    subject = SimpleNamespace(root=parcel.root, files=files, model_path=None)
    found = parcel_of(
        SimpleNamespace(subject=subject, evaluation=SimpleNamespace(path=place), fetched=fetched), Fetching()
    )
    assert found.files == files[:2]
    assert found.addresses == {
        f"{place}/0.parquet": "s3://data/e/0.parquet",
        f"{place}/1.parquet": "s3://data/e/1.parquet",
    }
