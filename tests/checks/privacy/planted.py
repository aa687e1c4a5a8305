"""Invented people and things: items that are personal data and look-alikes that are not, as offices write them.

Nothing of proofbox is imported here. Numbers are built from what the issuing authorities publish, digit by digit, by
other means than those that recognise them; no real person's data are used.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

PROVINCES = {"Hà Nội": ("001", (29, 30)), "Hải Phòng": ("031", (15, 16)), "Đà Nẵng": ("048", (43,)),
             "TP. Hồ Chí Minh": ("079", (51, 59)), "Cần Thơ": ("092", (65,)), "Nghệ An": ("040", (37,)),
             "Thanh Hóa": ("038", (36,)), "Đắk Lắk": ("066", (47,)), "An Giang": ("089", (67,)),
             "Quảng Ninh": ("022", (14,)), "Lâm Đồng": ("068", (49,)), "Bình Dương": ("074", (61,)),
             "Hà Giang": ("002", (23,)), "Cà Mau": ("096", (69,)), "Khánh Hòa": ("056", (79,))}  # fmt: skip
MOBILE = ["032", "033", "034", "035", "036", "037", "038", "039", "086", "096", "097", "098", "081",
          "082", "083", "084", "085", "088", "091", "094", "070", "076", "077", "078", "079", "090",
          "093", "0896", "0898", "0899", "0522", "0523", "0528", "056", "058", "092", "0592", "0593",
          "0993", "0994"]  # fmt: skip
AREAS = ("0236", "0225", "0292", "0263", "0258", "0204")
FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ",
          "Hồ", "Ngô", "Dương", "Lý", "Lò", "Vàng", "Giàng", "H'Hen", "Đinh"]  # fmt: skip
MIDDLE = ["Văn", "Thị", "Hữu", "Đức", "Minh", "Ngọc", "Thanh", "Quang", "Xuân", "Kim", "Thu", "Anh", "", ""]
GIVEN = ["An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Hạnh", "Hiếu", "Hoa", "Hùng", "Hương", "Khánh",
         "Lan", "Linh", "Long", "Mai", "Nam", "Nga", "Phong", "Phúc", "Quân", "Sơn", "Tâm", "Thảo",
         "Trang", "Tú", "Tuấn", "Uyên", "Việt", "Yến", "Ánh", "Đạt", "Ước"]  # fmt: skip
ENGLISH = ["John Smith", "Mary O'Neill", "Sarah Connor", "James Fox-Davies", "Emily Stone", "Robert Hall", "Li Wei"]
MAIL_HOSTS = ["gmail.com", "yahoo.com.vn", "company.vn", "hust.edu.vn", "moh.gov.vn", "example.co.uk",
              "outlook.com", "fpt.net"]  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One value in its cell."""

    kind: str
    """The kind that it is, or that it imitates."""
    planted: bool
    text: str


class Maker:
    """Make items from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def digits(self, count: int) -> str:
        return "".join(self.rng.choice("0123456789") for _ in range(count))

    def pick(self, options):
        return self.rng.choice(list(options))

    def person(self) -> str:
        return " ".join(part for part in (self.pick(FAMILY), self.pick(MIDDLE), self.pick(GIVEN)) if part)

    # -- what is personal data -------------------------------------------------------------------------------------
    def citizen(self) -> str:
        born, woman = self.rng.randint(1935, 2012), self.rng.randint(0, 1)
        century = (born // 100 - 19) * 2 + woman
        return f"{self.pick(PROVINCES.values())[0]}{century}{born % 100:02d}{self.rng.randint(1, 999999):06d}"

    def mobile(self) -> str:
        head = self.pick(MOBILE)
        return head + self.digits(10 - len(head))

    def phone(self) -> str:
        n = self.mobile()
        return self.pick(
            (
                n,
                f"{n[:4]} {n[4:7]} {n[7:]}",
                f"{n[:4]}.{n[4:7]}.{n[7:]}",
                f"{n[:3]}-{n[3:6]}-{n[6:]}",
                f"+84{n[1:]}",
                f"+84 {n[1:4]} {n[4:7]} {n[7:]}",
                f"(+84) {n[1:3]} {n[3:6]} {n[6:]}",
                f"{self.pick(AREAS)} 3{self.digits(3)} {self.digits(3)}",
                f"024 3{self.digits(3)} {self.digits(4)}",
                f"(028) 3{self.digits(3)} {self.digits(4)}",
                f"+44 20 7{self.rng.randint(100, 999)} {self.digits(4)}",
                f"+1 (212) {self.rng.randint(560, 989)}-{self.digits(4)}",
                f"(415) {self.rng.randint(560, 989)}-{self.digits(4)}",
                f"+65 9{self.rng.randint(0, 7)}{self.digits(2)} {self.digits(4)}",
                f"0084{n[1:]}",
            )
        )

    def email(self) -> str:
        plain = "".join(self.pick("abcdeghiklmnopqrstuvxy") for _ in range(self.rng.randint(3, 9)))
        return (
            plain
            + self.pick(("", ".", "_", "-"))
            + self.pick(("nam", "lan85", "hr", "2024"))
            + "@"
            + self.pick(MAIL_HOSTS)
        )

    def tax_code(self, *, right: bool = True) -> str:
        while True:
            head = self.pick(("01", "03", "04", "31", "03", "80", "37")) + self.digits(7)
            total = 0
            for weight, digit in zip((31, 29, 23, 19, 17, 13, 7, 5, 3), head, strict=True):
                total += weight * int(digit)
            last = 10 - total % 11
            if last == 10 or head.endswith("0000000"):
                continue
            return head + str(last if right else (last + self.rng.randint(1, 9)) % 10)

    def card(self, *, right: bool = True) -> str:
        head = self.pick(
            ("4" + self.digits(14), "52" + self.digits(13), "9704" + self.digits(11), "37" + self.digits(12))
        )
        total = 0
        for place, digit in enumerate(reversed(head)):
            value = int(digit) * (2 if place % 2 == 0 else 1)
            total += value if value < 10 else value - 9
        last = (10 - total % 10) % 10
        number = head + str(last if right else (last + self.rng.randint(1, 9)) % 10)
        if len(number) == 15:
            return self.pick((number, f"{number[:4]} {number[4:10]} {number[10:]}"))
        fours = [number[place : place + 4] for place in range(0, 16, 4)]
        return self.pick((number, " ".join(fours), "-".join(fours)))

    def iban(self, *, right: bool = True) -> str:
        country, body = self.pick((("GB", "WEST" + self.digits(14)), ("DE", self.digits(18)), ("FR", self.digits(23))))
        as_number = "".join(str(ord(sign) - 55) if sign.isalpha() else sign for sign in body + country) + "00"
        check = 98 - int(as_number) % 97
        if not right:
            check = (check + self.rng.randint(1, 90)) % 97 + 1
        number = f"{country}{check:02d}{body}"
        return self.pick((number, " ".join(number[place : place + 4] for place in range(0, len(number), 4))))

    def plate(self) -> str:
        code, letter = self.pick(self.pick(PROVINCES.values())[1]), self.pick("ABCDEFGHKLMN")
        five = self.digits(5)
        return self.pick(
            (
                f"{code}{letter}-{five[:3]}.{five[3:]}",
                f"{code}{letter} {five[:3]}.{five[3:]}",
                f"{code}{letter}{self.rng.randint(1, 9)}-{five[:3]}.{five[3:]}",
                f"{code}{letter}-{five}",
                f"{code}-{letter}{self.rng.randint(1, 9)} {five[:3]}.{five[3:]}",
            )
        )

    def insurance(self) -> str:
        code, province = (
            self.pick(("DN", "HC", "HT", "GD", "TE", "HS", "SV", "CN", "HN")),
            self.pick(PROVINCES.values())[0],
        )
        tail = self.digits(10)
        return self.pick((f"{code}4{province[1:]}{tail}", f"{code} 4 {province[1:]} {tail}",
                          f"{code}4 {province[1:]} {tail[:2]} {tail[2:5]} {tail[5:]}"))  # fmt: skip

    def ssn(self) -> str:
        area = self.pick((self.rng.randint(1, 665), self.rng.randint(667, 899)))
        return f"{area:03d}-{self.rng.randint(1, 99):02d}-{self.rng.randint(1, 9999):04d}"

    def nino(self) -> str:
        n = self.digits(6)
        return self.pick((f"AB{n}C", f"JG {n[:2]} {n[2:4]} {n[4:]} A", f"PW{n}D", f"SR{n}B"))


def _filled(maker: Maker, kind: str, planted: bool, templates: str, value: str) -> Item:
    return Item(kind=kind, planted=planted, text=maker.pick(templates.strip().split("\n")).strip().replace("{}", value))


_SAID = {
    "vn_citizen_id": "CCCD {}\nSố CCCD: {} cấp ngày 12/03/2021\nkhách đã xuất trình căn cước công dân số {}\n"
    "citizen ID {} "
    "verified\nhồ sơ {} còn thiếu ảnh\nĐịnh danh cá nhân {}; đã đối chiếu",
    "vn_old_id": "CMND {}\nCMND số {} do CA Hà Nội cấp\nchứng minh nhân dân: {}\nso CMT {} het han\nID card no. {}",
    "phone": "SĐT {}\ngọi lại số {} sau 17h\nđiện thoại: {}, bận thì nhắn tin\ncontact {} please\nzalo {}"
    "\n{} không nghe máy",
    "email": "gửi về {} nhé\nemail: {}\n<{}>\nmailto:{}; cc kế toán\nHòm thư {}.",
    "vn_tax_code": "MST: {}\nmã số thuế {}\nTax code {} (Hà Nội)\nxuất hóa đơn theo MST {}\nMST {}, địa chỉ như cũ",
    "card": "thẻ {} hết hạn 12/27\nthanh toán bằng thẻ Visa {}\ncard number {}\nkhách đọc số thẻ: {}\n{} bị khóa",
    "bank_account": "STK {} tại VCB\nsố tài khoản: {} (BIDV)\nTK {} Techcombank\naccount number {}"
    "\nchuyển vào tài khoản {}",
    "iban": "IBAN {}\nchuyển qua {} trước thứ sáu\npay to {} please",
    "licence_plate": "xe {} đỗ sai chỗ\nbiển số {}\nBKS: {}\nô tô {} va chạm nhẹ\nplate {} seen twice",
    "health_insurance": "thẻ BHYT {}\nmã thẻ {} hết hạn 31/12\nBHYT số {}\nbảo hiểm y tế: {}",
    "name": "gặp {} ở quầy 3\n{} đến lúc 8h\nđã gọi {} hai lần\nngười nhận: {}, giao giờ hành chính"
    "\nasked by {} yesterday",
    "us_ssn": "SSN {}\nsocial security number {}\nssn: {} on file\nthe applicant gave {}",
    "uk_nino": "NINO {}\nNational Insurance number {}\nNI number: {}\nshe wrote {} on the form",
    "passport": "hộ chiếu {}\nHộ chiếu số {} cấp tại Hà Nội\npassport {}\nPassport no. {}, expires 2031",
}

_IMITATED: dict[str, Callable[[Maker], str]] = {
    "vn_citizen_id": lambda m: m.pick(
        (
            f"đơn hàng {m.digits(12)}",
            f"mã vận đơn {m.digits(12)} đang giao",
            f"giá trị {m.rng.randint(10**11, 10**12 - 1)} đồng",
            f"order 0{m.digits(11)} shipped",
            f"IMEI {m.digits(15)}",
            f"lô {m.rng.randint(2, 9)}{m.digits(11)}",
            f"{m.rng.randint(2015, 2026)}{m.digits(2)}{m.digits(6)} ghi sổ",
        )
    ),
    "vn_old_id": lambda m: m.pick(
        (
            f"tổng {m.rng.randint(10**8, 10**9)} đồng",
            f"đơn {m.digits(9)}",
            f"mã {m.digits(9)}",
            f"{m.digits(3)}.{m.digits(3)}.{m.digits(3)}đ",
            f"ticket {m.digits(9)}",
            f"invoice {m.digits(9)} paid",
        )
    ),
    "phone": lambda m: m.pick(
        (
            f"mã đơn hàng {m.mobile()}",
            f"order {m.mobile()}",
            f"0{m.digits(3)}",
            f"{m.rng.randint(1, 9)}.{m.digits(3)}.{m.digits(3)}.{m.digits(3)} đ",
            f"lúc 09.12.20{m.rng.randint(10, 26)} 14:{m.rng.randint(10, 59)}",
            f"timestamp 17{m.digits(8)}",
            f"phiên bản 0.9.{m.digits(2)}.{m.digits(3)}",
            f"toạ độ 10.{m.digits(6)}, 106.{m.digits(6)}",
            f"hóa đơn {m.mobile()} đã in",
            f"tổng tiền {m.mobile()} VND",
            f"01{m.digits(8)}",
            f"20{m.rng.randint(10, 26)}-0{m.rng.randint(1, 9)}-1{m.rng.randint(0, 9)} 08:{m.rng.randint(10, 59)}:00",
            f"SKU 0{m.digits(9)}",
        )
    ),
    "email": lambda m: m.pick(
        (
            f"logo@{m.rng.randint(2, 9)}x.png",
            f"{m.rng.randint(2, 90)} cái @ {m.rng.randint(5, 99)}.000đ",
            f"@nhom{m.digits(3)}",
            f"user{m.digits(2)}@localhost",
            f"git@server{m.digits(2)}:repo",
            f"họp @ phòng {m.digits(3)}",
            f"lan @ vnpt.vn số {m.digits(2)}",
            f"icon@{m.rng.randint(2, 4)}x.jpg",
        )
    ),
    "vn_tax_code": lambda m: m.pick(
        (
            f"mã {m.tax_code(right=False)}",
            f"đơn hàng {m.tax_code()}",
            f"MST {m.tax_code(right=False)} (sai)",
            f"tracking {m.digits(10)}",
            f"hợp đồng {m.digits(10)}-{m.digits(3)}",
            f"{m.rng.randint(1, 9)}{m.digits(9)} đồng",
        )
    ),
    "card": lambda m: m.pick(
        (
            f"mã giao dịch {m.card()}",
            m.card(right=False),
            f"thẻ kho {m.card(right=False)}",
            f"barcode 893{m.digits(10)}",
            f"ISBN 978604{m.digits(7)}",
            f"{m.rng.randint(2015, 2026)}{m.rng.randint(1000, 1231)}{m.digits(6)}",
            f"log {m.rng.randint(10**12, 2 * 10**12)}",
            f"IMEI 35{m.digits(13)}",
        )
    ),
    "bank_account": lambda m: m.pick(
        (
            f"số lượng {m.digits(8)}",
            f"mã kho {m.digits(10)}",
            f"dự án {m.digits(12)}",
            f"version {m.digits(8)}",
            f"tổng số tiền {m.rng.randint(10**7, 10**10)} đồng",
            f"diện tích {m.digits(4)} m2 lô {m.digits(8)}",
            f"batch {m.digits(13)}",
        )
    ),
    "iban": lambda m: m.pick(
        (m.iban(right=False), f"serial GB{m.digits(20)}0", f"part DE{m.digits(18)}X9", f"hash FR{m.digits(21)}Q")
    ),
    "licence_plate": lambda m: m.pick(
        (
            f"linh kiện 10X-{m.digits(5)}",
            f"phòng 12A-{m.digits(3)}",
            f"khổ A4-{m.digits(2)}",
            f"{m.digits(2)}x{m.digits(2)} cm",
            f"SKU 30A-{m.digits(3)}.{m.digits(2)}",
            f"chuyến VN{m.digits(3)}",
            f"tòa S{m.digits(1)}.{m.digits(2)} căn {m.digits(4)}",
            f"điều 15{m.pick('ABC')} khoản {m.digits(1)}",
            f"part 29C-{m.digits(5)}",
            f"lớp 12A{m.digits(1)}",
            f"model {m.digits(2)}K-{m.digits(3)}.{m.digits(2)}",
        )
    ),
    "health_insurance": lambda m: m.pick(
        (
            f"mã hàng ZX4{m.digits(12)}",
            f"SPXVN0{m.digits(10)}",
            f"DN{m.digits(5)}",
            f"vận đơn GD{m.digits(9)}VN",
            f"đơn hàng HC4{m.digits(12)}",
            f"AB1{m.digits(12)}",
            f"serial TE4{m.digits(12)}",
            f"QĐ{m.digits(4)}/BHXH",
        )
    ),
    "name": lambda m: (
        m.pick(
            (
                "đi Bà Rịa - Vũng Tàu",
                "du học Anh Quốc",
                "học Anh Văn",
                "khách Anh và Pháp",
                "tour Bà Nà Hills",
                "đảo Cô Tô mùa hè",
                "cúng Ông Táo",
                "tiếng Anh B2",
                "ông chủ quán",
                "anh em trong tổ",
                "bà con làng",
                "Bác sĩ trực",
                "Miss Universe Vietnam",
                "MS Word",
                "nước Anh",
                "bà Nội trợ".lower(),
                "Dr Pepper",
                "đường Bà Triệu",
                "đường Cô Bắc",
                "Chị em phụ nữ",
                "Anh ấy nói",
                "Ông Công Ông Táo",
                "cô giáo chủ nhiệm",
                "Núi Bà Đen",
            )
        )
        + m.pick(("", f" {m.digits(2)}", " nhé", " ok"))
    ),
    "us_ssn": lambda m: m.pick(
        (
            f"000-{m.digits(2)}-{m.digits(4)}",
            f"9{m.digits(2)}-{m.digits(2)}-{m.digits(4)}",
            f"part {m.ssn()}",
            f"order {m.ssn()}",
            f"666-{m.digits(2)}-{m.digits(4)}",
            f"20{m.digits(2)}-{m.rng.randint(10, 12)}-{m.rng.randint(10, 28)}",
            f"{m.digits(2)}-{m.digits(3)}-{m.digits(4)}",
            f"ref {m.ssn()}",
        )
    ),
    "uk_nino": lambda m: m.pick(
        (
            f"QQ{m.digits(6)}C",
            f"AB{m.digits(6)}Z",
            f"BG{m.digits(6)}A",
            f"AB{m.digits(5)}C",
            f"model AB{m.digits(6)}C",
            f"AO{m.digits(6)}B",
            f"XAB{m.digits(6)}C",
            f"ZZ{m.digits(6)}A",
        )
    ),
    "passport": lambda m: m.pick(
        (
            f"mã B{m.digits(7)}",
            f"phòng C{m.digits(3)}",
            f"lô B{m.digits(7)}",
            f"sản phẩm N{m.digits(8)}",
            f"chuyến bay VN{m.digits(4)}",
            f"hợp đồng P{m.digits(8)}",
        )
    ),
}

_VALUES: dict[str, Callable[[Maker], str]] = {
    "vn_citizen_id": Maker.citizen,
    "vn_old_id": lambda m: m.pick(("012", "023", "031", "186", "225", "271")) + m.digits(6),
    "phone": Maker.phone,
    "email": Maker.email,
    "vn_tax_code": lambda m: m.tax_code() + m.pick(("", "", "-001")),
    "card": Maker.card,
    "bank_account": lambda m: m.digits(m.pick((9, 10, 12, 13, 14))).replace("0", "1", 1),
    "iban": Maker.iban,
    "licence_plate": Maker.plate,
    "health_insurance": Maker.insurance,
    "name": lambda m: (
        m.pick(("ông ", "bà ", "anh ", "chị ", "Ông ", "Bà ", "Anh ", "Chị ")) + m.person()
        if m.rng.random() < 0.8
        else m.pick(("Mr. ", "Mrs ", "Ms. ", "Dr ")) + m.pick(ENGLISH)
    ),
    "us_ssn": Maker.ssn,
    "uk_nino": Maker.nino,
    "passport": lambda m: m.pick("BCNP") + m.digits(m.pick((7, 8))),
}
KINDS = tuple(_VALUES)


def notes(seed: int, of_each: int) -> list[Item]:
    """Return ``of_each`` planted items and as many look-alikes of every kind, each in a note of its own, shuffled."""
    maker, items = Maker(seed), []
    for kind in KINDS:
        for _ in range(of_each):
            items.append(_filled(maker, kind, True, _SAID[kind], _VALUES[kind](maker)))
            items.append(Item(kind=kind, planted=False, text=_IMITATED[kind](maker)))
    maker.rng.shuffle(items)
    return items


def column(seed: int, kind: str, rows: int) -> list[str]:
    """Return a column of bare values of one kind."""
    maker = Maker(seed)
    return [_VALUES[kind](maker) for _ in range(rows)]
