"""A headless Chromium for tests: it can reach no address but the one that a test names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@contextmanager
def chromium(profile: Path, *more: str, reached: str = "") -> Iterator[Chrome]:
    """Start one with a profile of its own and further switches, and end it; what pages log is kept."""
    from selenium import webdriver

    for program in (CHROMIUM, DRIVER):
        assert program.exists(), "install Debian's packages chromium and chromium-driver (.ci/run does)"
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND" + (f", EXCLUDE {reached}" if reached else "")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for switch in (*SWITCHES, nowhere, f"--user-data-dir={profile}", *more):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()
