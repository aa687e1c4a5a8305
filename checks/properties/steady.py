"""Hypothesis' own way of drawing, but for what it would read out of the modules that happen to be loaded.

Hypothesis mixes numbers and texts of the user's own source files into what it draws, and writes them into a folder
``.hypothesis``. What is measured must not depend on either, so it draws through a backend of our own:
https://hypothesis.readthedocs.io/en/latest/extensions.html#alternative-backends-for-hypothesis
"""

from __future__ import annotations

from functools import cache

NAME = "proofbox-steady"
Provider: type | None = None
"""What Hypothesis finds under that name; there once :func:`backend` was called, as importing Hypothesis takes long."""


@cache
def backend() -> str:
    """Return the name of the backend for ``hypothesis.settings``: it draws the same whatever else is imported."""
    global Provider  # noqa: PLW0603 Hypothesis looks it up in this module
    from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
    from hypothesis.internal.constants_ast import Constants

    class Steady(HypothesisProvider):
        _local_constants = Constants()

    Provider = Steady
    AVAILABLE_PROVIDERS[NAME] = f"{__name__}.Provider"
    return NAME
