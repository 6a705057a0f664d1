"""A real browser for the tests of pages: Debian's chromium, driven by selenium; what pages ask for is in sight."""

import json
import shutil
from contextlib import contextmanager

import pytest

QUIET = ("file:", "data:", "about:", "chrome:")  # what a page in one file may ask for


def start():
    """Return a driver of a headless chromium; skip where there is none."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no chromium with chromedriver; on Debian: apt-get install chromium chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


@contextmanager
def opened(driver, path, width=1280, height=900):
    """Open a file in a window of a width; at the end fail on whatever it asked for and on errors in its console."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    told(driver)
    driver.get(path.resolve().as_uri())
    yield driver
    requests, errors = told(driver)
    assert [url for url in requests if not url.startswith(QUIET)] == []
    assert [url for url in requests if url.startswith("file:") and not url.startswith(path.resolve().as_uri())] == []
    assert errors == []


def told(driver):
    """Return (URLs asked for, errors in the console) since this was asked last."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    requests = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    errors = [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    return requests, errors


def overflow(driver):
    """Return by how many pixels the page is wider than its window."""
    return driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")


def printed(driver):
    """Return the page printed as PDF, as bytes."""
    import base64

    return base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
