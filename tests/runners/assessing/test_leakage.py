"""Two exports of an office, one trained on and one tested on, through the command line."""

from __future__ import annotations

import json
import random
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]

SUBMISSION = """\
schema: proofbox/submission/v1
product:
  name: Xét duyệt hồ sơ vay
  version: "1"
  provider: {name: Ngân hàng Ví dụ, country: VN}
  sector: credit
  risk_tier: high
  intended_purpose: Hỗ trợ cán bộ tín dụng
data:
  evaluation:
    path: data/kiểm-thử.csv
    prediction: Quyết định
    target: Kết quả
    positive_label: Duyệt
    sensitive: [Giới tính]
    id: [Số CCCD]
    time: Ngày nộp
    text: Ghi chú
  training: {path: data/huấn-luyện.csv, target: Kết quả, id: [Số CCCD]}
"""
HEAD = "STT;Số CCCD;Giới tính;Thu nhập;Ngày nộp;Ghi chú;Kết quả"
WORDS = "khách hàng đề nghị vay vốn mua máy móc sản xuất trả lương người lao động nộp đủ giấy tờ chờ thẩm định"


def lines(rng: random.Random, number: int, first_id: int, year: int) -> list[list[str]]:
    return [
        [
            f"{first_id + place:012d}", rng.choice(("Nữ", "Nam", "")),
            f"{rng.randint(3, 900)},{rng.randint(0, 99):02d}",
            f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{year}", " ".join(rng.choices(WORDS.split(), k=14)),
            rng.choice(("Duyệt", "Từ chối")),
        ]
        for place in range(number)
    ]  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """500 rows of 1,500 were trained on: typed in another form, with blanks, and numbered anew."""
    rng = random.Random(5)
    trained, tested = lines(rng, 1_000, 79_001_000_000, 2024), lines(rng, 1_500, 79_002_000_000, 2025)
    for place in range(500):
        row = [
            unicodedata.normalize(rng.choice(("NFC", "NFD")), cell) + rng.choice(("", "  ")) for cell in trained[place]
        ]
        tested[place] = [row[0].strip(), rng.choice(("", " ")) + row[1], *row[2:]]
    for place in range(500, 550):
        tested[place][4] = trained[place][4].upper() + "!"
    folder = tmp_path / "office"
    (folder / "data").mkdir(parents=True)
    (folder / "submission.yaml").write_text(SUBMISSION, encoding="utf-8")
    for name, rows, head in (
        ("huấn-luyện", trained, HEAD), ("kiểm-thử", [[*row, row[-1]] for row in tested], HEAD + ";Quyết định")
    ):  # fmt: skip
        text = "\r\n".join([head, *(";".join([str(place + 1), *row]) for place, row in enumerate(rows)), ""])
        (folder / f"data/{name}.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    return folder


def test_what_was_trained_on_is_counted_as_a_person_would(office: Path, quick: Command) -> None:
    def measured(*more: str) -> dict:
        result = quick("measure", office, "--check", "provenance.leakage", "--json", *more)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    held = measured()
    found = {one["measure"]: one for one in held["measurements"]}
    assert found["leaked_rows"]["value"] == 500
    assert found["leaked_rows"]["detail"]["identifiers_recognised_by"] == {"STT": "named", "Số CCCD": "declared"}
    assert found["shared_entity_rows"]["value"] == 500
    assert found["near_duplicate_rows"]["detail"]["texts"]["rows"] == 50
    assert found["rows_not_later"]["value"] == 500
    assert found["rows_not_later"]["detail"]["written_dates_read"] == "day first"
    assert [one["measures"] for one in held["inapplicable"]] == [["best_single_feature"], ["repeated_cases"]]
    text = json.dumps(held, ensure_ascii=False)
    assert "khách hàng" not in text
    assert "79001" not in text
    read = measured("--rows-in-memory", "100")
    in_batches = {one["measure"]: one["value"] for one in read["measurements"]}
    assert in_batches == {name: one["value"] for name, one in found.items()}
    shown = measured("--set", "show=values", "--set", "similarity=0.99")
    pairs = shown["measurements"][0]["detail"]["pairs"]
    assert all(pair["evaluation_values"] == pair["training_values"] for pair in pairs)


def test_the_report_shows_the_pairs_and_what_they_do_to_the_accuracy(
    office: Path, proofbox: Command, tmp_path: Path
) -> None:
    effect = proofbox("measure", office, "--check", "provenance.leakage_effect")
    assert effect.returncode == 0, effect.stderr
    assert "equal in every column that both files have: 500 rows, accuracy 1.0000 of these" in effect.stdout
    out = tmp_path / "evidence"
    result = proofbox("run", office, "--policy", "vn-trusted-ai", "--no-mlflow", "--out", out)
    assert result.returncode in (1, 3), result.stderr
    verdicts = {
        item["requirement"]: item["verdict"] for item in json.loads((out / "assessment.json").read_bytes())["findings"]
    }
    assert verdicts["VN-DAT-06.a"] == "fail"
    assert verdicts["VN-DAT-06.c"] == "not-applicable"
    english, vietnamese = ((out / name).read_text("utf-8") for name in ("report.html", "report.vi.html"))
    for page, words in (
        (english, ("What was known in training", "nearly the same text", "Training row", "hide no duplicate")),
        (vietnamese, ("Những gì đã biết khi huấn luyện", "văn bản gần như giống nhau", "không che giấu")),
    ):
        for word in words:
            assert word in page


def test_without_training_data_nothing_passes(office: Path, quick: Command) -> None:
    file = office / "submission.yaml"
    kept = [line for line in file.read_text("utf-8").splitlines() if "  training:" not in line]
    file.write_text("\n".join(kept), "utf-8")
    result = quick("measure", office, "--check", "provenance.leakage")
    assert result.returncode == 0, result.stderr
    assert "leaked_share, near_duplicate_rows" in result.stdout
    assert "not applicable: the submission names no training data" in result.stdout


def test_a_time_that_is_not_there_is_told_with_its_place(office: Path, quick: Command) -> None:
    file = office / "submission.yaml"
    text = file.read_text("utf-8").replace("time: Ngày nộp", "time: Ngày").replace("CCCD]}", "CCCD], time: Nộp}")
    file.write_text(text, "utf-8")
    result = quick("measure", office, "--check", "provenance.leakage")
    assert result.returncode == 2
    assert result.stderr.count("did you mean Ngày nộp") == 2
    assert "data.evaluation.time" in result.stderr
    assert "data.training.time" in result.stderr
