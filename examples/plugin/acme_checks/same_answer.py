"""How often the most frequent decision is given: a model that answers everybody the same has learned nothing.

## Measures

- `most_frequent_share`: [0, 1], neither way is better, no value is perfect. Share of the evaluation rows that get the
  decision which is given most often.

## Method

Decisions are counted by class. The interval is Wilson's for the share of the most frequent class, as if that class had
been named beforehand.

## Limits

A high share may be right: where nearly all applications are good, nearly all should be granted. The class is chosen by
its count, so that with many classes of about the same share the interval lies a little too high.

## References

- Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212.
"""

from __future__ import annotations

import numpy as np

from proofbox.checks.intervals import wilson
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement
from proofbox.checks.subject import Decisions
from proofbox.checks.text import t


class Params(CheckParams):
    """Parameters of :func:`same_answer`."""


@check("acme.same_answer")
def same_answer(decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure the share of the most frequent decision."""
    rows = len(decisions.codes)
    if rows == 0 or not decisions.classes:
        return Inapplicable(t("there are no decisions between classes"))
    counts = np.bincount(decisions.codes, minlength=len(decisions.classes))
    most = int(counts.argmax())
    return Measured(
        measurements=(
            Measurement(
                measure="most_frequent_share",
                value=float(counts[most] / rows),
                interval=wilson(int(counts[most]), rows, params.confidence),
                sample_size=rows,
                detail={"decision": decisions.classes[most], "rows": rows},
            ),
        )
    )
