"""The pages in a real headless Chromium: no barrier that axe-core finds, at a phone's and a desktop's width.

One browser serves every test of this file. It can reach no address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from proofbox.reports.html import render_html
from proofbox.reports.papers.as_html import html_bytes
from proofbox.reports.papers.filling import fill_form
from proofbox.reports.papers.form import find_form

from .conftest import assessment_a, assessment_hostile
from .papers.conftest import content_of

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PHONE, DESKTOP = 360, 1280
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PAGES: dict[str, Callable[[], bytes]] = {
    "report.en": lambda: render_html(assessment_a(), "en").encode(),
    "report.vi": lambda: render_html(assessment_a(), "vi").encode(),
    "hostile.vi": lambda: render_html(assessment_hostile(), "vi").encode(),
    "ai08.vi": lambda: html_bytes(fill_form(find_form("ai08"), content_of(assessment_a()), "vi")),
    "ethics.vi": lambda: html_bytes(fill_form(find_form("ethics-self-assessment"), content_of(assessment_a()), "vi")),
    "dossier.en": lambda: html_bytes(fill_form(find_form("technical-dossier"), content_of(assessment_hostile()), "en")),
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(open_chromium: Callable[..., AbstractContextManager[Chrome]], tmp_path_factory) -> Iterator[Chrome]:
    with open_chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {name: folder / f"{name}.html" for name in PAGES}
    for name, path in found.items():
        path.write_bytes(PAGES[name]())
    return found


@pytest.fixture(scope="module")
def axe() -> str:
    return (resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")


def open_page(browser: Chrome, path: Path, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")


def barriers(browser: Chrome, axe: str) -> list[str]:
    """Return what axe-core finds, a line each."""
    browser.execute_script(axe)
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run({runOnly: arguments[0]}).then(done)", RULES
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@pytest.mark.parametrize(
    ("name", "width"),
    [
        *(("report.en", DESKTOP), ("report.vi", PHONE), ("hostile.vi", PHONE), ("ai08.vi", PHONE)),
        *(("ai08.vi", DESKTOP), ("ethics.vi", PHONE), ("dossier.en", DESKTOP)),
    ],
)
def test_nothing_bars_the_way(name, width, browser, pages, axe):
    open_page(browser, pages[name], width)
    assert barriers(browser, axe) == []


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", list(PAGES))
def test_no_page_is_wider_than_the_screen_or_tells_of_an_error(name, width, browser, pages):
    open_page(browser, pages[name], width)
    wide, seen = browser.execute_script(
        "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"
    )
    assert wide <= seen
    assert browser.get_log("browser") == []


def test_a_barrier_would_be_found(browser, axe, tmp_path):
    """The guard itself: a page with a picture without words, faint text and no language."""
    page = tmp_path / "barred.html"
    page.write_text('<title>x</title><main><h1>x</h1><img src="data:,"><p style="color:#ccc;background:#fff">faint')
    open_page(browser, page, DESKTOP)
    assert {one.partition(":")[0] for one in barriers(browser, axe)} >= {"image-alt", "color-contrast", "html-has-lang"}


@pytest.mark.parametrize("name", ["report.vi", "ai08.vi"])
def test_everything_that_scrolls_or_opens_is_reached_by_keyboard(name, browser, pages):
    from selenium.webdriver.common.keys import Keys

    open_page(browser, pages[name], PHONE)
    wanted = browser.execute_script("return document.querySelectorAll('summary, [tabindex]').length")
    assert wanted > 3
    reached = set()
    for _ in range(wanted):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        told = browser.execute_script(
            "const one = document.activeElement;"
            "return [one.tagName, Array.from(document.querySelectorAll('*')).indexOf(one),"
            " getComputedStyle(one).outlineStyle]"
        )
        assert told[0] != "BODY"
        assert told[2] != "none", "what has the focus is not marked"
        reached.add(told[1])
    assert len(reached) == wanted


@pytest.mark.parametrize("name", ["report.vi", "ai08.vi"])
def test_whatever_scrolls_is_a_named_region_that_takes_the_focus(name, browser, pages):
    open_page(browser, pages[name], PHONE)
    lacking = browser.execute_script(
        "return Array.from(document.querySelectorAll('*')).filter(one => one.scrollWidth > one.clientWidth + 1"
        " && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)"
        " && !(one.tabIndex === 0 && one.getAttribute('aria-label'))).map(one => one.outerHTML.slice(0, 100))"
    )
    assert lacking == []
