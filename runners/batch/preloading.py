"""What every submission of a batch needs, imported and prepared once: a forked process finds it there."""

from __future__ import annotations

import gc
import importlib
import os
from functools import cache

NEEDED = (
    "babel.numbers",
    "hypothesis.strategies",
    "pandas",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "pyarrow.vendored.version",
    "pydantic.dataclasses",
    "rfc8785",
    "ruamel.yaml",
    "scipy.special",
    "scipy.stats",
    "yaml",
)
"""Libraries that are imported late where only one submission is assessed."""


@cache
def preload(executor: str) -> None:
    """Import what every submission needs, and prepare it, once for all of them; nothing of a submission is touched.

    Parameters
    ----------
    executor
        Name of the one that every submission asks for: which of them works here is tried once.
    """
    # Threads do not live through a fork: what would start some is told not to, before it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What others plug into Hypothesis is not ours to import.
    os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")
    for name in NEEDED:
        importlib.import_module(name)

    from proofbox.checks.registry import all_checks
    from proofbox.policies import record_json
    from proofbox.reports import bundle, html  # noqa: F401 the writer of bundles is imported late as well
    from proofbox.runners.assessing import progress  # noqa: F401
    from proofbox.runners.hosted.hostrecord import host_record
    from proofbox.sandbox.executor import keep

    all_checks()
    keep(executor)
    record_json.preload()
    html.preload()
    host_record()
    _draw_once()
    # What is there now is there for good: no process searches it for circles again, or copies it by doing so.
    gc.collect()
    gc.freeze()


def _draw_once() -> None:
    """Have Hypothesis draw once: at its first draw it looks through all objects of the process."""
    import numpy as np

    from proofbox.checks.properties.domain import Feature, drawn_values

    drawn_values([Feature(name="any", kind="whole", high=1.0)], np.random.default_rng(0))
