"""Smaller samples for checks that sample, so that an assessment fits into a given time.

Only those parameters are touched whose smaller sample shows as a wider interval: under a guarded decision rule it can
then make a verdict *inconclusive*, never a *pass*. How long an attack or a search may try is not touched: with less of
it a weak model would look stronger. What comes of it is a policy of its own, with its own digest.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from proofbox.checks.registry import get_check
from proofbox.policies.loader import LoadedPolicy, PolicySource, policy_digest

if TYPE_CHECKING:
    from proofbox.checks.spec import CheckSpec
    from proofbox.policies.model import Control, Policy, Requirement

STEPS = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32)
"""Shares of the usual rows, largest first."""
COUNTS = frozenset({"rows", "most_rows", "near_rows", "cases"})
PRECISION = "precision"


def smaller(loaded: LoadedPolicy, share: float, minutes: float) -> LoadedPolicy:
    """Return the policy with samples of about ``share`` of the usual size, named after the minutes it is for."""
    policy = loaded.policy
    controls = tuple(_control(control, share) for control in policy.controls)
    title = policy.title
    changed = policy.model_copy(
        update={
            "id": f"{policy.id}-{minutes:g}-minutes".replace(".", "-"),
            "title": title.model_copy(
                update={
                    "en": f"{title.en} (sample sizes for {minutes:g} minutes)",
                    "vi": f"{title.vi} (cỡ mẫu cho {minutes:g} phút)",
                }
            ),
            "extends": (),
            "controls": controls,
        }
    )
    raw = policy_bytes(changed)
    source = PolicySource(name=f"{changed.id}.yaml", raw=raw)
    return LoadedPolicy(policy=changed, digest=policy_digest(changed), sources=(source,))


def policy_bytes(policy: Policy) -> bytes:
    """Return a policy as a file that ``proofbox run --policy`` takes; it is JSON, which is YAML as well."""
    content = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return (json.dumps({"schema": "proofbox/policy/v1", **content}, indent=2, ensure_ascii=False) + "\n").encode()


def _control(control: Control, share: float) -> Control:
    return control.model_copy(update={"requirements": tuple(_requirement(one, share) for one in control.requirements)})


def _requirement(requirement: Requirement, share: float) -> Requirement:
    if requirement.check is None:
        return requirement
    scaled = _scaled(get_check(requirement.check), requirement, share)
    return requirement.model_copy(update={"with_": {**requirement.with_, **scaled}}) if scaled else requirement


def _scaled(spec: CheckSpec, requirement: Requirement, share: float) -> dict[str, float | int]:
    found: dict[str, float | int] = {}
    for name, field in spec.params_type.model_fields.items():
        usual = requirement.with_.get(name, field.default)
        if not isinstance(usual, int | float) or isinstance(usual, bool):
            continue
        if name in COUNTS:
            least = max((int(one.ge) for one in field.metadata if hasattr(one, "ge")), default=1)
            found[name] = max(least, min(int(usual), math.ceil(usual * share)))
        elif name == PRECISION:
            # The rows that a half width needs grow with its square.
            found[name] = round(min(0.2, max(usual, usual / math.sqrt(share))), 6)
    return found
