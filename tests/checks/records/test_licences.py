import pytest

from proofbox.checks.records.countries import outside
from proofbox.checks.records.dates import last_day_of_range, read_day
from proofbox.checks.records.licences import MAX_CHARACTERS, spdx_expression
from proofbox.checks.records.model import Places, Purposes
from proofbox.checks.records.purposes import covered_share


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT", "MIT"),
        (" cc-by-4.0 ", "CC-BY-4.0"),
        ("MIT OR (Apache-2.0 AND BSD-3-Clause)", "MIT OR (Apache-2.0 AND BSD-3-Clause)"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("LicenseRef-agreement-17", "LicenseRef-agreement-17"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("http://creativecommons.org/licenses/by/4.0/deed.vi", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/3.0/igo/", "CC-BY-3.0-IGO"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://spdx.org/licenses/ODbL-1.0.html", "ODbL-1.0"),
        ("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
        ("https://cdla.dev/permissive-2-0/", "CDLA-Permissive-2.0"),
        ("MIT for the package", ""),
        ("CC BY", ""),
        ("MIT AND", ""),
        ("(MIT", ""),
        ("Use-it-after-midnight", ""),
        ("https://example.org/licence", ""),
        ("", ""),
        ("(" * 400 + "MIT" + ")" * 50, ""),
        ("MIT OR " * 100 + "MIT", ""),
    ],
)
def test_an_expression_is_known_where_every_identifier_is(text, expression):
    assert spdx_expression(text) == expression


def test_the_bound_on_length_is_the_one_that_is_tried():
    assert len("MIT OR " * 100 + "MIT") > MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-22", "2026-11-22"),
        ("2026-11-22T10:00:00Z", "2026-11-22"),
        ("2026-11", "2026-11-01"),
        ("1996", "1996-01-01"),
        ("22/11/2026", "2026-11-22"),
        ("1-2-2026", "2026-02-01"),
        ("2026-02-30", None),
        ("31/31/2026", None),
        ("last spring", None),
        ("٢٠٢٦", None),
        ("", None),
        ("0000", None),
    ],
)
def test_days_as_records_write_them(text, day):
    found = read_day(text)
    assert (found.isoformat() if found else None) == day


def test_the_end_of_a_range():
    assert last_day_of_range("2020-01-01/2020-12-31") == "2020-12-31"
    assert last_day_of_range("22/11/2026") == "22/11/2026"


def test_countries_are_outside_by_the_policy_or_by_the_record_itself():
    places = Places(named=("VN", "Việt Nam", "us", "SG"), excluded=("SG",))
    assert outside(places, (), "") == ("SG",)
    assert outside(places, ("vn", "SG"), "") == ("us", "SG")
    assert outside(Places(named=("VN",), excluded=("JP",)), (), "JP") == ("JP",)
    assert outside(Places(), ("VN",), "VN") == ()


def test_a_purpose_is_covered_by_its_sector_or_by_its_words():
    assert covered_share(Purposes(sectors=("Credit",)), "credit", "anything") == (1.0, [])
    assert covered_share(Purposes(sectors=("bất kỳ",)), "credit", "anything") == (1.0, [])
    share, missing = covered_share(Purposes(texts=("Thẩm định hồ sơ vay",)), "credit", "Hỗ trợ thẩm định các khoản vay")
    assert (round(share, 3), missing) == (0.667, ["tro", "khoan"])
    assert covered_share(Purposes(), "credit", "Scoring of loans") == (0.0, ["scoring", "loans"])
    assert covered_share(Purposes(texts=("x",)), "credit", "") == (0.0, [])
