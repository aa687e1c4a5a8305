"""A spreadsheet as a Vietnamese office exports it, through the command line: counted as a person would."""

from __future__ import annotations

import json
import random
import subprocess
import unicodedata
from collections import Counter
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
    path: data/hồ-sơ.csv
    prediction: Quyết định
    positive_label: Duyệt
    sensitive: [Giới tính, Dân tộc]
    id: [Mã hồ sơ]
  reference: {path: data/dân-số.csv}
declared:
  quasi_identifiers: [Giới tính, Dân tộc, Tuổi]
  personal_data: [Họ và tên]
"""
POPULATION = (
    "attribute;category;share\nGiới tính;Nữ;0,502\nGiới tính;Nam;0,498\nDân tộc;Kinh;0,853\nDân tộc;Tày;0,019\n"
    "Dân tộc;Ơ Đu;0,001\nDân tộc;Mông;0,127\nTuổi;dưới 18;0,24\nTuổi;18-59;0,62\nTuổi;60 trở lên;0,14\n"
)
GIVEN = ("Lan", "Hoa", "Bình", "Ánh", "Ước", "Tú")
SEX = {"Nữ": 221, "Nam": 265, "": 14}
ETHNIC = {"Kinh": 427, "Tày": 60, "Ơ Đu": 3, "Mông": 10}


def forms(rng: random.Random, text: str) -> str:
    """Return a text as one of several people typed it."""
    return rng.choice(("", " ")) + unicodedata.normalize(rng.choice(("NFC", "NFD")), text) + rng.choice(("", " ", "  "))


@pytest.fixture
def office(tmp_path: Path) -> Path:
    rng = random.Random(20)
    sex = [name for name, count in SEX.items() for _ in range(count)]
    ethnic = [name for name, count in ETHNIC.items() for _ in range(count)]
    rng.shuffle(sex)
    rng.shuffle(ethnic)
    lines = ["Mã hồ sơ;Họ và tên;Giới tính;Dân tộc;Tuổi;Thu nhập;Số điện thoại;Ngày nộp;Quyết định"]
    for place in range(500):
        income = f"{rng.randint(3, 90)},{rng.randint(0, 9)}"
        phone = f"09{rng.randint(10_000_000, 99_999_999)}"
        lines.append(
            f"{place + 1:05d};Nguyễn Thị {rng.choice(GIVEN)};{forms(rng, sex[place])};{forms(rng, ethnic[place])};"
            f"{rng.randint(18, 79)};{income};{phone};{rng.randint(1, 28):02d}/0{rng.randint(1, 9)}/2025;"
            f"{rng.choice(('Duyệt', 'Từ chối'))}"
        )
    # Twelve dossiers were exported twice under new numbers.
    lines += [f"{place + 501:05d}{lines[place + 1][5:]}" for place in range(12)]
    folder = tmp_path / "office"
    (folder / "data").mkdir(parents=True)
    (folder / "submission.yaml").write_text(SUBMISSION, encoding="utf-8")
    (folder / "data/hồ-sơ.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode())
    (folder / "data/dân-số.csv").write_text(POPULATION, encoding="utf-8")
    return folder


def expected(names: dict[str, int], column: int, folder: Path) -> Counter[str]:
    """Count a column as a person would: by what is written, whatever its encoding and blanks."""
    text = (folder / "data/hồ-sơ.csv").read_bytes().decode("utf-8-sig")
    return Counter(unicodedata.normalize("NFC", line.split(";")[column]).strip() for line in text.splitlines()[1:])


def test_it_is_read_and_counted_as_a_person_would(office: Path, quick: Command) -> None:
    def measured(check: str, **params: str) -> dict:
        given = [part for key, value in params.items() for part in ("--set", f"{key}={value}")]
        result = quick("measure", office, "--check", check, *given, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    groups = measured("fairness.group_rates")
    for attribute, column, names in (("Giới tính", 2, SEX), ("Dân tộc", 3, ETHNIC)):
        found = {
            one["group"][attribute]: int(one["value"])
            for one in groups["measurements"]
            if one["measure"] == "count" and attribute in one["group"]
        }
        by_hand = expected(names, column, office)
        assert sum(by_hand.values()) == 512
        assert found == {name or "(missing)": count for name, count in by_hand.items()}
    quality = {one["measure"]: one for one in measured("data.quality")["measurements"]}
    repeated = quality["duplicate_share"]["detail"]
    assert (repeated["rows_that_repeat"], repeated["rows_that_repeat_identifiers_and_all"]) == (12, 0)
    assert quality["missing_share"]["detail"]["rows_missing_by_column"]["Giới tính"] == expected(SEX, 2, office)[""]
    evidence = json.dumps(quality, ensure_ascii=False)
    assert not any(name in evidence for name in GIVEN)
    traps = quality["text_traps"]["detail"]["rows_by_column_and_trap"]
    assert {"decomposed_unicode", "blanks_at_ends"} <= set(traps["Giới tính"])
    assert {"decomposed_unicode", "blanks_at_ends"} <= set(traps["Dân tộc"])
    assert traps["Mã hồ sơ"] == {"byte_order_mark": 512, "leading_zeros_lost": 512}
    assert traps["Ngày nộp"] == {"day_first_dates_as_text": 512}
    assert "Thu nhập" not in traps
    represented = measured("data.representativeness")["measurements"]
    ratio = next(one for one in represented if one["group"] == {"Dân tộc": "Ơ Đu"})
    assert ratio["detail"]["rows"] == expected(ETHNIC, 3, office)["Ơ Đu"]
    ages = measured("data.representativeness", attribute="Tuổi")["measurements"]
    assert ages[0]["detail"]["sorted_into_bands"] is True
    private = {one["measure"]: one for one in measured("privacy.personal_data")["measurements"]}
    cells = {one["column"]: (one["kind"], one["cells"]) for one in private["personal_data_cells"]["detail"]["found"]}
    assert cells == {"Họ và tên": ("name", 512), "Số điện thoại": ("phone", 512)}
    assert private["undeclared_personal_data_cells"]["value"] == 512
    unique = {one["measure"]: one for one in measured("privacy.reidentification")["measurements"]}
    assert unique["k_anonymity"]["value"] == 1


def test_the_report_says_what_the_data_hold_and_what_was_merged(
    office: Path, proofbox: Command, tmp_path: Path
) -> None:
    out = tmp_path / "evidence"
    result = proofbox("run", office, "--policy", "baseline", "--no-mlflow", "--out", out)
    assert result.returncode in (1, 3), result.stderr
    document = json.loads((out / "assessment.json").read_bytes())
    verdicts = {item["requirement"]: item["verdict"] for item in document["findings"]}
    assert verdicts["BASE-PRIV.a"] == "fail", "the telephone numbers were not declared"
    assert verdicts["BASE-DATA.b"] == "fail", "twelve rows were exported twice"
    assert verdicts["BASE-DATA.a"] == "pass"
    # What was left out, and what was merged, is said by name.
    left_out = {
        str(one["group"]): one["rows"]
        for item in document["measurements"]
        if item["check"] == "fairness.demographic_parity"
        for one in item["detail"]["groups_left_out"]
    }
    without = expected(SEX, 2, office)[""]
    assert left_out == {"{'Dân tộc': 'Mông'}": 10, "{'Dân tộc': 'Ơ Đu'}": 3, "{'Giới tính': '(missing)'}": without}
    merged = document["subject"]["data"]["evaluation"]["read_as"]["merged_categories"]
    assert {name: sorted(one["category"] for one in merged[name]) for name in ("Giới tính", "Dân tộc")} == {
        "Giới tính": ["Nam", "Nữ"],
        "Dân tộc": sorted(ETHNIC),
    }
    english, vietnamese = ((out / name).read_text("utf-8") for name in ("report.html", "report.vi.html"))
    for page, words in (
        (english, ("What the data hold", "telephone number", "put together", "leading zeros")),
        (vietnamese, ("Nội dung dữ liệu", "số điện thoại", "đã được ghép lại")),
    ):
        for word in words:
            assert word in page
    phones = [line.split(";")[6] for line in (office / "data/hồ-sơ.csv").read_text("utf-8-sig").splitlines()[1:]]
    for path in out.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".html"):
            text = path.read_text("utf-8")
            assert not any(phone in text or phone[1:] in text for phone in phones), path
