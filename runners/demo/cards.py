"""The demo's model cards: model A's in English, model B's in Vietnamese, with the figure that the provider measured."""

from __future__ import annotations

from collections.abc import Sequence


def card(language: str, name: str, features: Sequence[str], accuracy: float) -> str:
    """Return a model card in Markdown (docs/cards.md).

    Parameters
    ----------
    language
        ``en`` or ``vi``.
    accuracy
        The share of right decisions on the evaluation part, in [0, 1].
    """
    if language == "vi":
        percent = f"{accuracy:.2%}".replace(".", ",").replace("%", " %")
        return _VIETNAMESE.format(name=name, features=", ".join(features), accuracy=percent)
    return _ENGLISH.format(name=name, features=", ".join(features), accuracy=f"{accuracy:.4f}")


_ENGLISH = """\
# Model card: {name}

## Properties

A logistic regression of scikit-learn with median imputation and standard scaling, made for a demonstration of Proofbox.
It reads {features}.

## Purpose

It advises a loan officer whether an application for a home mortgage should be approved. The officer decides.

## Scope

Applications of private persons for one home, as lenders in Boston received them in 1990. It is not meant for firms, for
other places or times, or for a decision without a person.

## Limits and risks

It learned from decisions that were themselves suspected of discrimination and may repeat them. It knows one city and
one year, and nothing of how loans were paid back.

## Training data

60 % of 1,989 applications from the study by Hunter and Walker (1996), with the bank's decision as the outcome. Sex is
missing in 15 rows of the whole.

## Training settings

L2 penalty with C = 1, at most 1,000 iterations, split with seed 2026 by outcome and group; the threshold keeps the
approval rate of the training part.

## Performance

On the 796 applications that were kept out of the training:

| Measure | Value |
|---|---|
| Accuracy | {accuracy} |
"""

_VIETNAMESE = """\
# Thẻ mô hình: {name}

## Đặc tính

Hồi quy logistic của scikit-learn, điền giá trị thiếu bằng trung vị và chuẩn hóa, được lập để minh họa Proofbox.
Các biến đầu vào: {features}.

## Mục đích

Tham mưu cho cán bộ tín dụng xem một hồ sơ vay mua nhà có nên được chấp thuận hay không. Cán bộ là người quyết định.

## Phạm vi

Hồ sơ của cá nhân vay mua một căn nhà, theo số liệu các tổ chức cho vay tại Boston năm 1990. Không dùng cho doanh
nghiệp, địa bàn hoặc thời gian khác, và không dùng để quyết định mà không có con người.

## Hạn chế và rủi ro

Mô hình học từ các quyết định vốn bị nghi là có phân biệt đối xử và có thể lặp lại điều đó. Mô hình chỉ biết một thành
phố, một năm và không biết khoản vay về sau được trả ra sao.

## Dữ liệu huấn luyện

60 % trong 1.989 hồ sơ của nghiên cứu Hunter và Walker (1996), kết quả là quyết định của ngân hàng. Toàn bộ dữ liệu có
15 dòng thiếu giới tính.

## Thiết lập huấn luyện

Phạt L2 với C = 1, tối đa 1.000 vòng lặp, chia dữ liệu với hạt ngẫu nhiên 2026 theo kết quả và nhóm; ngưỡng giữ nguyên
tỷ lệ chấp thuận của phần huấn luyện.

## Hiệu năng

Trên 796 hồ sơ không dùng để huấn luyện:

| Chỉ số | Giá trị |
|---|---|
| Độ chính xác | {accuracy} |
"""
