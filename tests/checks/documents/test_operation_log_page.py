"""The page that shows how a log is written: its program writes one that is whole, its record can be read."""

import datetime
import hashlib
import json
from pathlib import Path

PAGE = (Path(__file__).parents[3] / "docs/operation-log.md").read_text(encoding="utf-8")


def test_the_program_on_the_page_writes_a_whole_log(tmp_path, measures, subject):
    names = {"datetime": datetime, "hashlib": hashlib, "json": json}
    exec(PAGE.split("```python\n")[1].split("```")[0], names)
    log = names["OperationLog"](tmp_path / "log", retention_days=400)
    log.write("model-loaded", sha256="0" * 64)
    log.write("decision", outcome="refused, Nguyễn")
    log.file.close()
    who = subject({"log.jsonl": (tmp_path / "log").read_bytes()}, documents={"operation_log": "log.jsonl"})
    found = {name: one.value for name, one in measures("logging.operation_log", subject=who).items()}
    assert found == {
        "chain_breaks": 0,
        "lines_unreadable": 0,
        "times_backwards": 0,
        "required_events_present": 1,
        "retention_days": 400,
    }


def test_the_record_on_the_page_is_within_its_limits(measures, subject):
    record = PAGE.rpartition("```yaml\n")[2].split("```")[0]
    who = subject({"trial.yaml": record.encode()}, documents={"trial_record": "trial.yaml"})
    assert {one.value for one in measures("trial.limits", subject=who).values()} == {0}
