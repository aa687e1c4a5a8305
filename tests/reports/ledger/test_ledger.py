"""The ledger of attempts: every change of it is named, and writers that meet or die leave a whole one."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import random
import re
import time

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.reports.ledger.checkpoint import against, checkpoint_bytes, checkpoint_of, read_checkpoint
from proofbox.reports.ledger.entries import (
    Commitment,
    NotAnEntryError,
    PolicyName,
    ProductName,
    entry_of,
    ledger_schema,
    line_of,
)
from proofbox.reports.ledger.errors import LedgerError
from proofbox.reports.ledger.reading import parse_ledger, read_ledger
from proofbox.reports.ledger.writing import abort, commit, finish

BUNDLE = "b" * 64


def committed(product="Loan model", *, provider="0101234567", evaluation="e" * 64, version="1.0.0", seed=0):
    return Commitment(
        product=ProductName(name=product, version=version, provider="Example Ltd", provider_id=provider),
        subject="5" * 64,
        evaluation=evaluation,
        training="",
        policies=(PolicyName(id="baseline", version="1", digest="d" * 64),),
        seed=seed,
        version="0.1.0",
    )


@pytest.fixture
def path(tmp_path):
    """A ledger of four attempts: one finished, one aborted, one of another product, one that was killed."""
    path = tmp_path / "folder" / "ledger.jsonl"
    finish(path, commit(path, committed()).commitment, bundle=BUNDLE, conclusion="conforms")
    abort(path, commit(path, committed(version="1.0.1")).commitment, "IsolationError")
    commit(path, committed("Other model"))
    commit(path, committed(seed=1))
    return path


def lines(path):
    return path.read_bytes().splitlines(keepends=True)


def faults(raw):
    return [(fault.kind, fault.line) for fault in parse_ledger(raw).faults]


def test_attempts_are_numbered_for_each_product_and_for_each_providers_data(path):
    other = commit(path, committed(provider="999"))
    elsewhere = commit(path, committed(evaluation="f" * 64))
    found = read_ledger(path)
    told = [(one.entry.attempt, one.entry.on_data, one.result) for one in found.attempts()]
    assert told[:4] == [(1, 1, "finished"), (2, 2, "aborted"), (1, 3, "no-outcome"), (3, 4, "no-outcome")]
    assert (other.number, other.on_data) == (1, 1)
    assert (elsewhere.number, elsewhere.on_data) == (4, 1)
    assert found.faults == ()
    assert found.attempts()[1].outcome.why == "IsolationError"


def test_a_product_is_the_same_however_its_name_is_spelt(path):
    assert commit(path, committed("  LOAN \u00a0model ")).number == 4


def test_a_line_is_canonical_and_linked(path):
    first, second = (json.loads(line) for line in lines(path)[:2])
    assert (first["entry"], first["previous"], first["kind"]) == (1, "0" * 64, "attempt")
    assert (second["of"], second["previous"]) == (second["previous"], second["of"])
    assert entry_of(lines(path)[0].rstrip(b"\n")).commitment == committed()


def test_every_line_meets_the_published_schema(path):
    path.write_bytes(path.read_bytes() + b"torn")
    commit(path, committed())
    validator = jsonschema.Draft202012Validator(ledger_schema())
    for line in lines(path):
        if line != b"torn\n":
            validator.validate(json.loads(line))
    document = json.loads(lines(path)[0])
    assert not validator.is_valid({**document, "more": 1})
    assert not validator.is_valid({**document, "kind": "outcome"})


def test_every_single_byte_matters(path):
    raw = path.read_bytes()
    rng = random.Random(7)
    for place in rng.sample(range(len(raw)), 150):
        changed = bytearray(raw)
        changed[place] ^= 1 << rng.randrange(8)
        last = raw[:-1].rfind(b"\n") < place
        found = faults(bytes(changed))
        # A change of the last line that leaves it a canonical entry is what a countersignature is for.
        assert found or (last and against(parse_ledger(bytes(changed)), checkpoint_of(parse_ledger(raw), "now")))


def test_an_edited_entry_is_named(path):
    raw = b"".join(lines(path))
    assert ("edited", 4) in faults(raw.replace(b'"version":"1.0.1"', b'"version":"1.0.2"'))


def test_deleted_entries_are_named(path):
    whole = lines(path)
    assert faults(b"".join(whole[:2] + whole[4:]))[0] == ("deleted", 3)
    assert faults(b"".join(whole[1:]))[0] == ("deleted", 1)
    assert "entries 3 to 4 stood here" in parse_ledger(b"".join(whole[:2] + whole[4:])).faults[0].what


def test_reordered_entries_are_named(path):
    whole = lines(path)
    whole[2], whole[4] = whole[4], whole[2]
    found = faults(b"".join(whole))
    assert {kind for kind, _ in found} >= {"reordered"}
    assert "deleted" not in {kind for kind, _ in found}
    whole = lines(path)
    assert ("reordered", 3) in faults(b"".join([*whole[:2], whole[1], *whole[2:]]))


def test_a_line_that_is_linked_and_bears_another_number_is_named(path):
    found = read_ledger(path).lines
    again = dataclasses.replace(found[-1].entry, entry=3, previous=found[-1].digest, attempt=4, on_data=5)
    assert faults(path.read_bytes() + line_of(again) + b"\n") == [("reordered", 7)]


def test_a_second_outcome_and_a_wrong_number_are_named(path, tmp_path):
    first = read_ledger(path).attempts()[0]
    abort(path, first.commitment, "second")
    assert faults(path.read_bytes()) == [("contradictory", 7)]
    with pytest.raises(LedgerError, match="line 7: contradictory"):
        commit(path, committed())


def test_nothing_is_appended_to_an_altered_ledger(path):
    raw = path.read_bytes().replace(b"IsolationError", b"IsolationErrer")
    path.write_bytes(raw)
    with pytest.raises(LedgerError, match="edited"):
        commit(path, committed())
    assert path.read_bytes() == raw


def test_a_torn_line_is_named_and_then_sealed_by_the_next_writer(path):
    raw = path.read_bytes()
    for kept in (1, 300, len(lines(path)[5]) - 5):
        torn = raw + lines(path)[5][:kept]
        assert faults(torn) == [("torn", 7)]
        path.write_bytes(torn)
        record = commit(path, committed())
        after = path.read_bytes()
        assert after.startswith(torn + b"\n")
        found = parse_ledger(after)
        assert (found.faults, record.entry) == ((), 9)
        assert (found.lines[7].entry.kind, found.lines[7].entry.size) == ("torn", kept)
        # What was sealed is part of the chain: it cannot be taken out or changed later.
        assert faults(after.replace(b'"size":', b'"size":1', 1))
        assert faults(raw + after[len(torn) + 1 :])
        path.write_bytes(raw)


def test_a_whole_line_that_lacks_its_end_is_counted(path):
    """A writer was ended between the last byte of its entry and the end of line: the commitment is there."""
    raw = path.read_bytes()
    path.write_bytes(raw[:-1])
    assert commit(path, committed()).number == 4
    assert read_ledger(path).faults == ()


def _many(path, provider, count):
    for number in range(count):
        record = commit(path, committed(provider=provider, seed=number))
        finish(path, record.commitment, bundle=BUNDLE, conclusion="conforms")


def test_writers_that_meet_get_a_number_each(tmp_path):
    path = tmp_path / "ledger.jsonl"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_many, args=(path, str(number % 2), 10)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    found = read_ledger(path)
    assert (len(found.lines), found.faults) == (120, ())
    for provider in ("0", "1"):
        numbers = [
            one.entry.on_data for one in found.attempts() if one.entry.commitment.product.provider_id == provider
        ]
        assert numbers == list(range(1, 31))


def _endless(path):
    while True:
        abort(path, commit(path, committed()).commitment, "x")


def test_a_writer_killed_at_any_moment_leaves_a_ledger_that_goes_on(tmp_path):
    path = tmp_path / "ledger.jsonl"
    context = multiprocessing.get_context("fork")
    rng = random.Random(11)
    for _ in range(50):
        writer = context.Process(target=_endless, args=(path,))
        writer.start()
        time.sleep(rng.uniform(0, 0.03))
        writer.kill()
        writer.join(10)
        assert {kind for kind, _ in faults(path.read_bytes() if path.exists() else b"")} <= {"torn"}
    assert commit(path, committed()).number > 1
    assert read_ledger(path).faults == ()


def test_a_ledger_that_is_held_is_not_waited_for_in_vain(path, monkeypatch):
    import fcntl

    from proofbox.reports.ledger import writing

    monkeypatch.setattr(writing, "LOCK_SECONDS", 0.05)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LedgerError, match="held by another program"):
            commit(path, committed())


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be written"):
        commit(tmp_path / "file" / "ledger.jsonl", committed())
    with pytest.raises(LedgerError, match="cannot be read"):
        read_ledger(tmp_path / "none.jsonl")


def test_a_checkpoint_finds_a_ledger_that_was_written_anew(path, tmp_path):
    kept = read_checkpoint(checkpoint_bytes(checkpoint_of(read_ledger(path), "2026-11-25T00:00:00+00:00")), "kept")
    commit(path, committed())
    assert against(read_ledger(path), kept) == ""
    # The same attempts but the aborted one, every link computed anew: whole in itself.
    anew = tmp_path / "anew.jsonl"
    anew.write_bytes(b"".join(lines(path)[:2]))
    for seed in range(5):
        commit(anew, committed(seed=seed))
    assert read_ledger(anew).faults == ()
    assert "rewritten" in against(read_ledger(anew), kept)
    anew.write_bytes(b"".join(lines(path)[:3]))
    assert "3 of them are gone" in against(read_ledger(anew), kept)
    assert "does not begin with" in against(parse_ledger(b"".join(lines(path)[1:])), kept)


def test_what_is_not_whole_or_empty_gets_no_checkpoint(path):
    with pytest.raises(LedgerError, match="not whole"):
        checkpoint_of(parse_ledger(path.read_bytes()[:-1]), "now")
    with pytest.raises(LedgerError, match="empty"):
        checkpoint_of(parse_ledger(b""), "now")
    whole = checkpoint_bytes(checkpoint_of(read_ledger(path), "x"))
    odd = [
        re.sub(rb'"entries":\d+', b'"entries":' + number, whole) for number in (b"1e400", b"NaN", b"9" * 30, b"1e30")
    ]
    for raw in (b"", b"{}", b"[]", b"[" * 100_000, whole.replace(b"head", b"tail"), *odd):
        with pytest.raises(LedgerError, match="expected urn:proofbox:ledger-head:v1"):
            read_checkpoint(raw, "file")


@given(st.binary())
@settings(max_examples=60)
def test_reading_never_fails(raw):
    parse_ledger(raw)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"{}", b"null", b"[" * 2000, b'{"schema":"proofbox/ledger/v1"}'])
def test_what_is_no_entry_is_told(raw):
    with pytest.raises(NotAnEntryError):
        entry_of(raw)


@pytest.mark.parametrize("number", [b"9" * 30, b"1e400", b"NaN", b"true"])
def test_an_entry_with_a_number_that_no_line_can_hold_is_told(path, number):
    line = re.sub(rb'"seed":\d+', b'"seed":' + number, path.read_bytes().splitlines()[0])
    assert number in line
    with pytest.raises(NotAnEntryError):
        entry_of(line)
