"""No byte, name or order of a signed bundle can change: `verify` and the program of one file say so alike."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import cffi
import cryptography
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import write_bundle
from proofbox.reports.canonical import canonical_bytes, strict_json
from proofbox.reports.signing import standalone
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.keys import KeyVerifier
from proofbox.runners.evidence.verifying import verify_bundle

NOW = datetime.datetime(2026, 12, 24, 12, tzinfo=datetime.UTC)
KEY = Ed25519PrivateKey.generate()
VERIFIER = KeyVerifier(key=KEY.public_key())


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    """Return how to write a small signed bundle; rendering has tests of its own."""
    patch = pytest.MonkeyPatch()
    patch.setattr(
        bundles, "render_html", lambda assessment, language, keyid: f"<p>{assessment.subject.digest} {language}</p>"
    )

    def one(assessment, key=KEY, certificate=None):
        signer = certificate or KeySigner(key=key)
        sources = [("vn-trusted-ai.yaml", b"id: vn-trusted-ai\n"), ("baseline.yaml", b"id: baseline\n")]
        out = tmp_path_factory.mktemp("signed") / "bundle"
        return write_bundle(out, assessment, policy_sources=sources, submission_yaml=b"x: 1\n", signer=signer).path

    yield one
    patch.undo()


@pytest.fixture(scope="module")
def made(write, whole_record) -> Path:
    return write(whole_record)


@pytest.fixture(scope="module")
def whole_record():
    from proofbox.policies.record_json import from_json

    record = Path(__file__).parents[1] / "records" / "model-a.json"
    return from_json(json.loads(record.read_text("utf-8")))


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.fixture(scope="module")
def signers(person, issuer, root):
    return person, issuer, root


@pytest.fixture(scope="module")
def other(write, whole_record) -> Path:
    """A bundle by the same key, of another product."""
    product = {**whole_record.subject.product, "name": "Another"}
    subject = dataclasses.replace(whole_record.subject, product=product, digest="ab" * 32)
    return write(dataclasses.replace(whole_record, subject=subject))


def state(path, verifier=VERIFIER, now=NOW) -> str:
    return verify_bundle(path, verifier, now).state


def files(path: Path) -> list[Path]:
    return sorted(found for found in path.rglob("*") if found.is_file())


def test_it_is_verified_as_it_was_written(made):
    found = verify_bundle(made, VERIFIER, NOW)
    assert (found.state, found.conclusion) == ("verified", "does-not-conform")
    assert len(files(made)) == 13


def test_a_byte_of_any_file_changed_dropped_or_added_is_refused(copy):
    draw = random.Random(7)
    for path in files(copy):
        raw = path.read_bytes()
        places = {0, len(raw) // 2, len(raw) - 1, *(draw.randrange(len(raw)) for _ in range(6))}
        for place in sorted(places):
            flipped = bytes([raw[place] ^ (1 << draw.randrange(8))])
            for changed in (flipped, b"", raw[place : place + 1] * 2):
                path.write_bytes(raw[:place] + changed + raw[place + 1 :])
                assert state(copy) in {"tampered", "swapped-report", "wrong-key", "incomplete"}, (path, place)
        path.write_bytes(raw)
    assert state(copy) == "verified"


def test_a_file_deleted_renamed_moved_or_added_is_refused(copy, tmp_path):
    for path in files(copy):
        moved = tmp_path / "moved"
        path.rename(moved)
        assert state(copy) == ("unsigned" if path.name == "statement.sig" else "incomplete"), path
        for name in (f"{path.name}x", path.name.upper(), f"counterexamples/x-{path.name}"):
            (copy / name).write_bytes(moved.read_bytes())
            assert state(copy) != "verified", name
            (copy / name).unlink()
        path.symlink_to(moved)
        assert state(copy) == "tampered", path
        path.unlink()
        moved.rename(path)
    for name in ("a", ".hidden", "policy/more.yaml", "tables/.x", "svr.sig.bak"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes(b"")
        assert state(copy) == "tampered", name
        (copy / name).unlink()
    shutil.rmtree(copy / "tables")
    assert state(copy) == "verified"


OPERATIONS = st.sampled_from(["flip", "cut", "insert", "repeat", "swap", "empty"])


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_change_that_hypothesis_finds_is_verified(made, data):
    names = [path.relative_to(made).as_posix() for path in files(made)]
    path = made / data.draw(st.sampled_from(names))
    raw = path.read_bytes()
    place = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(place + 1, min(len(raw), place + 50)))
    piece = raw[place:end]
    changed = {
        "flip": raw[:place] + bytes([raw[place] ^ data.draw(st.integers(1, 255))]) + raw[place + 1 :],
        "cut": raw[:place] + raw[end:],
        "insert": raw[:place] + data.draw(st.binary(min_size=1, max_size=9)) + raw[place:],
        "repeat": raw[:end] + piece + raw[end:],
        "swap": (made / data.draw(st.sampled_from(names))).read_bytes(),
        "empty": b"",
    }[data.draw(OPERATIONS)]
    try:
        path.write_bytes(changed)
        assert (state(made) == "verified") == (changed == raw)
    finally:
        path.write_bytes(raw)


def rewritten(path: Path, change) -> None:
    document = strict_json(path.read_bytes())
    change(document)
    path.write_bytes(canonical_bytes(document))


def reordered(bundle):
    rewritten(bundle / "manifest.json", lambda manifest: manifest["files"].reverse())


def relisted(bundle):
    """Somebody without the key changes the record and writes a manifest and a statement that agree with it."""
    record = bundle / "assessment.json"
    record.write_bytes(record.read_bytes().replace(b'"does-not-conform"', b'"conforms"'))
    raw = record.read_bytes()
    manifest = bundle / "manifest.json"

    def change(document):
        (mine,) = (entry for entry in document["files"] if entry["path"] == "assessment.json")
        mine.update(size=len(raw), sha256=standalone.sha256(raw))

    before = standalone.sha256(manifest.read_bytes())
    rewritten(manifest, change)
    statement = bundle / "statement.json"
    text = statement.read_bytes().replace(before.encode(), standalone.sha256(manifest.read_bytes()).encode())
    statement.write_bytes(text.replace(b'"does-not-conform"', b'"conforms"'))


def copied(*names):
    def change(bundle, other):
        for name in names:
            shutil.copy(other / name, bundle / name)

    return change


def replaced(name, old, new):
    def change(bundle):
        raw = (bundle / name).read_bytes()
        assert old in raw
        (bundle / name).write_bytes(raw.replace(old, new, 1))

    return change


def resigned(name, change):
    def changed(bundle):
        rewritten(bundle / name, lambda envelope: change(envelope["signatures"]))

    return changed


CASES = {
    "whole": (lambda bundle: None, "verified"),
    "languages swapped": (lambda bundle: (bundle / "report.html").replace(bundle / "report.vi.html"), "incomplete"),
    "report of another bundle": (copied("report.html"), "swapped-report"),
    "statement of another bundle": (copied("statement.json"), "tampered"),
    "signature of another bundle": (copied("statement.sig"), "tampered"),
    "statement and signature of another": (copied("statement.json", "statement.sig"), "tampered"),
    "short signature of another": (copied("svr.sig"), "tampered"),
    "all that binds of another": (copied("manifest.json", "statement.json", "statement.sig", "svr.sig"), "tampered"),
    "the record of another": (copied("assessment.json"), "tampered"),
    "manifest in another order": (reordered, "tampered"),
    "manifest with a blank": (replaced("manifest.json", b",", b", "), "tampered"),
    "manifest with a key twice": (replaced("manifest.json", b"{", b'{"files":[],'), "tampered"),
    "manifest lists a file twice": (
        lambda bundle: rewritten(bundle / "manifest.json", lambda m: m["files"].append(m["files"][0])),
        "tampered",
    ),
    "record, manifest and statement agree": (relisted, "tampered"),
    "statement with a key twice": (replaced("statement.json", b"{", b'{"_type":"x",'), "tampered"),
    "envelope with a key twice": (replaced("statement.sig", b"{", b'{"payload":"",'), "tampered"),
    "two signatures": (resigned("statement.sig", lambda found: found.append(dict(found[0]))), "tampered"),
    "no signature in the envelope": (resigned("statement.sig", lambda found: found.clear()), "tampered"),
    "keyid of nobody": (resigned("statement.sig", lambda found: found[0].update(keyid="00" * 32)), "wrong-key"),
    "short keyid of nobody": (resigned("svr.sig", lambda found: found[0].update(keyid="00" * 32)), "wrong-key"),
    "signature of zeros": (resigned("statement.sig", lambda found: found[0].update(sig="A" * 86 + "==")), "tampered"),
    "base64 with spare bits": (resigned("svr.sig", lambda found: found[0].update(sig="A" * 85 + "B==")), "tampered"),
    "an unknown key in the signature": (resigned("svr.sig", lambda found: found[0].update(x="y")), "tampered"),
    "a stamp that is none": (resigned("svr.sig", lambda found: found[0].update(rfc3161="AAAA")), "tampered"),
    "certificates on a key's": (resigned("svr.sig", lambda found: found[0].update(x5c=["AAAA"])), "wrong-key"),
    "no manifest": (lambda bundle: (bundle / "manifest.json").unlink(), "incomplete"),
    "no statement": (lambda bundle: (bundle / "statement.json").unlink(), "incomplete"),
    "no signature": (lambda bundle: (bundle / "statement.sig").unlink(), "unsigned"),
    "no short signature": (lambda bundle: (bundle / "svr.sig").unlink(), "incomplete"),
    "no policy": (lambda bundle: (bundle / "policy/baseline.yaml").unlink(), "incomplete"),
    "a file more": (lambda bundle: (bundle / "more").write_bytes(b""), "tampered"),
    "a link for a file": (lambda bundle: _link(bundle).replace(bundle / "report.html"), "tampered"),
    "a pipe for the manifest": (lambda bundle: _pipe(bundle / "manifest.json"), "tampered"),
    "a pipe for a report": (lambda bundle: _pipe(bundle / "report.html"), "tampered"),
    "a record that is none": (replaced("assessment.json", b'"conclusion"', b'"konklusion"'), "tampered"),
}


def _pipe(path):
    path.unlink()
    os.mkfifo(path)


def _link(bundle):
    (bundle / "link").symlink_to("assessment.json")
    return bundle / "link"


@pytest.fixture(scope="module")
def corpus(made, other, write, whole_record, tmp_path_factory) -> dict[str, tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("corpus")
    found = {}
    for number, (name, (change, said)) in enumerate(CASES.items()):
        bundle = folder / str(number)
        shutil.copytree(made, bundle)
        change(bundle, other) if change.__name__ == "change" and change.__code__.co_argcount == 2 else change(bundle)
        found[name] = (bundle, said)
    future = dataclasses.replace(whole_record.run, finished_at="2031-01-01T00:00:00+00:00")
    found["from the future"] = (write(dataclasses.replace(whole_record, run=future)), "future")
    found["another key"] = (write(whole_record, Ed25519PrivateKey.generate()), "wrong-key")
    return found


def test_each_way_of_tampering_has_its_name(corpus):
    assert {name: state(bundle) for name, (bundle, _) in corpus.items()} == {
        name: said for name, (_, said) in corpus.items()
    }


@pytest.fixture(scope="module")
def alone(tmp_path_factory, command):
    """Run the program that the command prints where nothing but ``cryptography`` can be imported."""
    folder = tmp_path_factory.mktemp("alone")
    printed = subprocess.run([command, "verify", "--print-verifier"], capture_output=True, check=True, timeout=60)
    assert printed.stdout == Path(standalone.__file__).read_bytes()
    (folder / "verify_bundle.py").write_bytes(printed.stdout)
    (folder / "lib").mkdir()
    packages = [Path(cryptography.__file__).parent, Path(cffi.__file__).parent]
    packages += list(packages[1].parent.glob("_cffi_backend*"))
    for package in packages:
        (folder / "lib" / package.name).symlink_to(package)
    (folder / "key.pem").write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "each.py").write_text(
        "import datetime, importlib.util, runpy, sys\n"
        f"sys.path.insert(0, {str(folder / 'lib')!r})\n"
        "assert importlib.util.find_spec('proofbox') is None\n"
        f"main = runpy.run_path({str(folder / 'verify_bundle.py')!r})['main']\n"
        f"now = datetime.datetime.fromisoformat({NOW.isoformat()!r})\n"
        "for bundle in sys.argv[2:]:\n"
        "    print('exit', main([bundle, *sys.argv[1].split('|')], now), flush=True)\n"
    )

    def run(options, *paths):
        argv = [sys.executable, "-I", "-S", str(folder / "each.py"), "|".join(map(str, options)), *map(str, paths)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        answers = done.stdout.split("exit ")
        codes = [answer.partition("\n")[0] for answer in answers[1:]]
        firsts = [answers[0], *(answer.partition("\n")[2] for answer in answers[1:])]
        return [(first.partition(":")[0], int(code)) for first, code in zip(firsts, codes, strict=False)]

    run.key = folder / "key.pem"
    return run


def test_the_program_of_one_file_says_the_same(corpus, alone):
    found = alone(["--key", alone.key], *(bundle for bundle, _ in corpus.values()))
    expected = [(said, int(said != "verified")) for _, said in corpus.values()]
    assert dict(zip(corpus, found, strict=True)) == dict(zip(corpus, expected, strict=True))


def test_the_program_of_one_file_follows_certificates(write, signers, authority, alone, whole_record, tmp_path):
    person, issuer, root = signers
    bundle = write(whole_record, certificate=person.signer(issuer))
    stranger = authority.issue("Root of the Republic", ca=True)
    for name, holder in (("root", root), ("person", person), ("stranger", stranger)):
        (tmp_path / f"{name}.pem").write_bytes(holder.certificate.public_bytes(Encoding.PEM))
    for name, said in (("root", "verified"), ("person", "wrong-chain"), ("stranger", "wrong-chain")):
        assert alone(["--certificate", tmp_path / f"{name}.pem"], bundle) == [(said, int(said != "verified"))]
    assert alone(["--key", alone.key], bundle) == [("wrong-key", 1)]
    old = authority.issue("Long ago", days=30)
    (tmp_path / "old.pem").write_bytes(old.certificate.public_bytes(Encoding.PEM))
    assert alone(["--certificate", tmp_path / "old.pem"], write(whole_record, certificate=old.signer())) == [
        ("expired", 1)
    ]
    assert alone(["--key", alone.key], tmp_path) == [("no-bundle", 2)]


def test_the_program_can_be_read_in_ten_minutes():
    assert len(Path(standalone.__file__).read_text("utf-8").splitlines()) < 300


def packed(made, path) -> Path:
    return Path(shutil.make_archive(str(path / "packed"), "zip", made))


def test_an_archive_is_verified_like_its_folder(made, tmp_path):
    whole = packed(made, tmp_path)
    assert state(whole) == "verified"
    raw = whole.read_bytes()
    for cut in (len(raw) - 1, len(raw) // 2, 40):
        whole.write_bytes(raw[:cut])
        assert state(whole) == "tampered", cut
    draw = random.Random(3)
    for place in [draw.randrange(len(raw)) for _ in range(25)]:
        whole.write_bytes(raw[:place] + bytes([raw[place] ^ 0x10]) + raw[place + 1 :])
        try:
            said = state(whole)
        except bundles.NotABundleError:
            continue
        # A byte that says when a file was made, or how it was packed, is none of the bundle's.
        assert said != "verified" or same(whole, made)


def same(archive, folder) -> bool:
    with zipfile.ZipFile(archive) as opened:
        names = {name for name in opened.namelist() if not name.endswith("/")}
        return names == {path.relative_to(folder).as_posix() for path in files(folder)} and all(
            opened.read(name) == (folder / name).read_bytes() for name in names
        )


def test_an_archive_with_two_files_of_one_name_is_refused(made, tmp_path):
    twice = packed(made, tmp_path)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("report.html", "<p>another</p>")
    assert state(twice) == "tampered"
