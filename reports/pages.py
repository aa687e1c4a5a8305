"""What every page that we write shares: the templates, the style sheet, and the policy that lets nothing else in.

The only place that renders them. Autoescape is always on, and ``finalize`` makes control and bidirectional characters
of every printed value visible, so that no template can forget either.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment

    from proofbox.reports.i18n import Translator

TEMPLATES = Path(__file__).parent / "templates"


def render_page(template: str, translator: Translator, /, **values: object) -> str:
    """Return one self-contained page.

    Parameters
    ----------
    template
        Name of a file under ``templates/``. It finds ``tr``, ``_``, ``css`` and ``style_hash`` beside ``values``.
    translator
        The language.
    """
    css = (TEMPLATES / "report.css").read_text("utf-8")
    return (
        environment()
        .get_template(template)
        .render(
            tr=translator,
            _=translator.gettext,
            css=_markup(css),
            style_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii"),
            **values,
        )
    )


@cache
def environment() -> Environment:
    """Return the templates, with what protects every page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: object) -> object:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )


def _markup(css: str) -> str:
    from markupsafe import Markup

    return Markup(css)  # noqa: S704 - our own style sheet, and no text from outside
