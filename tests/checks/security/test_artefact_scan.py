"""The scan of a whole submission, one file at a time; the corpus stands in tests/security_corpus."""

import gzip
import io
import json
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest

from proofbox.checks.artefacts import budget, hdf5file, zipwalk
from proofbox.checks.errors import BadParamsError
from proofbox.checks.registry import get_check
from proofbox.checks.text import Text

CHECK = "security.artefact_scan"
EVIL = b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R."
HONEST = pickle.dumps({"coef": [1.0, 2.0]})


@pytest.fixture
def scan(measures, subject):
    """Scan files; return the tier of each as the check counts them, and the measurements."""

    def scan_of(files, model=None, model_format=None, **params):
        found = measures(CHECK, subject=subject(files, model=model, model_format=model_format), params=params)
        values = {name.removesuffix("_files"): int(one.value) for name, one in found.items() if name.endswith("_files")}
        return {name: value for name, value in values.items() if value}, found

    return scan_of


def kinds(found):
    """Return every kind of finding."""
    return {one["kind"] for item in found.values() for one in item.detail.get("findings", ())}


def said_of(found):
    """Return the first sentence about a file that could not be read."""
    said = found["unreadable_files"].detail["findings"][0]["said"]
    return str(Text(said["template"], said["values"]))


def fewer(monkeypatch, **limits):
    """Lower what is read of one submission."""
    defaults = budget.Budget.__init__.__kwdefaults__
    monkeypatch.setattr(budget.Budget.__init__, "__kwdefaults__", {**defaults, **limits})


def zipped(method=zipfile.ZIP_DEFLATED, **entries):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_DOT_", "."), content)
    return into.getvalue()


def test_perfect_data_alone_is_tier_a(scan):
    files = {"submission.yaml": b"a: 1\n", "data/eval.csv": "tuổi\n1\n".encode(), "docs/card.md": b"# Card\n", "e": b""}
    tiers, found = scan(files)
    assert tiers == {}
    assert found["refused_files"].detail["tiers"] == {"A": 4, "B": 0, "C": 0, "unreadable": 0, "unknown": 0}
    assert found["refused_files"].sample_size == 4
    assert all(one.value == 0 for one in found.values())


def test_middle_a_pickle_of_listed_names_is_code(scan):
    tiers, found = scan({"m.pkl": HONEST, "helper.py": b"print(1)\n", "run.sh": b"#!/bin/sh\n"})
    assert tiers == {"code_bearing": 3}
    assert {one["kind"] for one in found["code_bearing_files"].detail["files"]} == {"pickle", "source", "script"}


def test_worst_each_file_counts_once_and_the_worst_decides(scan):
    evil = b"\x80\x02](cos\nsystem\ncsys\nexit\ncmine\nThing\ne."
    tiers, found = scan(
        {"a.pkl": evil, "b.pkl": EVIL + b"\xff\xff", "c.zip": b"PK\x03\x04 cut", "d.bin": b"\x01\x00\xff"}
    )
    assert tiers == {"refused": 2, "unreadable": 1, "unknown": 1}
    assert (found["dangerous_globals"].value, found["unlisted_globals"].value) == (2.0, 3.0)
    assert found["dangerous_globals"].detail["names"] == ["os.system", "sys.exit"]


def test_a_finding_says_file_family_kind_place_and_a_sentence(scan):
    finding = scan({"deep.zip": zipped(in_DOT_pkl=b"\x80\x02N0" + EVIL[2:])})[1]["refused_files"].detail["findings"][0]
    assert finding["file"] == "deep.zip"
    assert (finding["family"], finding["kind"], finding["outcome"]) == ("pickle", "dangerous-import", "refused")
    assert finding["where"] == "in.pkl > offset 4"
    assert finding["said"]["values"] == {"name": "os.system"}
    json.dumps(finding)


def test_rules_come_from_the_policy_alone(scan):
    files = {
        "m.pkl": b"\x80\x02cmy_company.models\nRisk\n)\x81.",
        "proofbox.json": b'{"allow": ["my_company.models:Risk"]}',
    }
    assert scan(files)[0] == {"refused": 1}
    assert scan(files, allow=["my_company.models:Risk"])[0] == {"code_bearing": 1}
    assert scan({"m.pkl": pickle.dumps(np.float64(1))}, allow_defaults=False)[0] == {"refused": 1}
    for wrong in ("os.system", "os:*", ":x", "x:"):
        with pytest.raises(BadParamsError, match="expected module:name"):
            get_check(CHECK).params({"allow": [wrong]})


def test_a_policy_may_accept_a_kind_by_name_but_never_what_hides(scan):
    files = {"helper.so": b"\x7fELF" + bytes(60)}
    assert scan(files)[0] == {"refused": 1}
    assert scan(files, accept=["native-code"])[0] == {"code_bearing": 1}
    assert scan(files, accept=["macro"])[0] == {"refused": 1}
    for wrong in ("dangerous-import", "path-outside", "ambiguous-archive", "cannot-follow", "anything"):
        with pytest.raises(BadParamsError):
            get_check(CHECK).params({"accept": [wrong]})


def test_scope_model_looks_at_the_model_alone(scan):
    files = {"model/m.pkl": HONEST, "elsewhere.pkl": EVIL}
    assert scan(files, model="model", scope="model")[0] == {"code_bearing": 1}
    assert scan(files, model="model")[0] == {"code_bearing": 1, "refused": 1}


def test_parsing_that_fails_is_its_own_result_with_a_reason(scan):
    for name, content in {
        "m.pkl": HONEST[:-3],
        "m.npy": b"\x93NUMPY\x01\x00\xff\xff{",
        "m.onnx": b"\x08\x0a\x3a\xff\xff\xff\x7f",
        "m.safetensors": struct.pack("<Q", 1 << 50) + b"{}",
        "m.json": b"{",
        "m.gz": gzip.compress(HONEST)[:-12],
        "m.zip": zipped(a="x")[:-30],
        "MLmodel": b"\xff\xfe\x00",
    }.items():
        tiers, found = scan({name: content})
        assert tiers == {"unreadable": 1}, name
        assert "; " in said_of(found), name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("header.safetensors", struct.pack("<Q", 100_000_010) + b"{" + b" " * 100_000_009),
        ("zeros.gz", gzip.compress(bytes(300_000_000), 1)),
        ("nested.json", b"[" * 5_000_000),
        ("lists.safetensors", struct.pack("<Q", 2_000_000) + b'{"a":' + b"[" * 1_999_995),
        ("dictionary.xz", b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01(" + bytes(64)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_too_large_or_too_deep_ends_soon_with_a_reason(scan, name, content):
    import resource
    import time

    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    tiers, found = scan({name: content})
    assert time.process_time() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 800_000, "kilobytes"
    assert tiers == {"unreadable": 1}
    assert said_of(found).startswith("the file ")


def test_very_many_memo_entries_marks_and_nested_tuples_are_followed_and_bounded(scan, monkeypatch):
    content = b"\x80\x04" + b"K\x01\x940" * 200_000 + b"(" * 100_000 + b")" + b"\x85" * 100_000 + b"."
    assert scan({"m.pkl": content})[0] == {"code_bearing": 1}
    monkeypatch.setattr(
        budget.Budget.__init__, "__kwdefaults__", {**budget.Budget.__init__.__kwdefaults__, "opcodes": 1000}
    )
    tiers, found = scan({"m.pkl": content})
    assert tiers == {"unreadable": 1}
    assert "opcodes" in said_of(found)


def test_one_budget_holds_for_the_whole_submission(scan, monkeypatch):
    monkeypatch.setattr(
        budget.Budget.__init__, "__kwdefaults__", {**budget.Budget.__init__.__kwdefaults__, "opcodes": 50}
    )
    assert scan({f"{n}.pkl": HONEST for n in range(9)})[0].keys() == {"code_bearing", "unreadable"}


def test_names_from_a_file_cannot_forge_the_report(scan):
    found = scan({"m.pkl": b"\x80\x04X\x05\x00\x00\x00a\xe2\x80\xaeb\x8c\x03x\n<\x93."})[1]
    assert found["unlisted_globals"].detail["names"] == ["a\\u202eb.x\\n<"]
    finding = found["refused_files"].detail["findings"][0]
    assert finding["said"]["values"]["name"] == "a\\u202eb.x\\n<"


def test_inapplicable_without_files(why, subject):
    assert "no file" in why(CHECK, subject=subject({}))
    assert "no file" in why(CHECK, subject=subject({"a": b""}), params={"scope": "model"})


def test_degenerate_a_link_or_a_missing_file_is_never_clean(scan, subject, measures, tmp_path):
    given = subject({"a.txt": b"x"})
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").symlink_to("/etc/hostname")
    assert measures(CHECK, subject=given)["unreadable_files"].value == 1
    (tmp_path / "a.txt").unlink()
    assert measures(CHECK, subject=given)["unreadable_files"].value == 1


def test_hdf5_links_are_found_across_the_edge_of_a_window(scan, monkeypatch):
    link = b"\x01\x08\x40" + b"\x04link" + struct.pack("<H", 13) + b"\x00/etc/x\x00/dat\x00"
    monkeypatch.setattr(hdf5file, "_STEP", 64)
    for place in range(50, 80):
        content = hdf5file.MAGIC + bytes(place) + link + bytes(100)
        assert kinds(scan({"m.h5": content})[1]) == {"path-outside"}, place


def test_each_way_in_which_two_readers_differ_is_refused(scan):
    good = zipped(zipfile.ZIP_STORED, a="hello", b="world")
    assert scan({"m.zip": good})[0] == {}
    changed = {
        "prefix": b"\x00" * 4 + good,
        "name": good.replace(b"a", b"c", 1),
        "method": good[:8] + b"\x08" + good[9:],
        "outside": zipped(**{"../a": "x"}),
        "drive": zipped(**{"C:/a": "x"}),
    }
    for name, content in changed.items():
        assert scan({f"{name}.zip": content})[0].keys() & {"refused", "unreadable", "unknown"}, name
    assert zipwalk.MOST_ENTRIES == 20_000
    many = zipped(zipfile.ZIP_STORED, **{f"n{n}": "" for n in range(20_001)})
    assert "20001 entries" in said_of(scan({"m.zip": many})[1])


def test_streams_behind_each_other_are_one_stream(scan):
    whole = zlib.compress(HONEST[:5]) + zlib.compress(HONEST[5:])
    assert scan({"m.joblib": whole})[0] == {"code_bearing": 1}
