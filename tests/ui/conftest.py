"""A running platform with data in it, and a browser that looks at it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dropzone_assets.demo.flights import write_flights
from dropzone_assets.demo.transactions import write_transactions
from tests.conftest import make_home

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", ""))
"""Where pictures are kept, when somebody wants them."""

Look = Callable[..., str]


@pytest.fixture(scope="session")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and home of a platform that was started with `dropzone up` after two weeks of flights came in."""
    home = make_home(tmp_path_factory.mktemp("ui") / "home")
    write_flights(home / "dropzone", [date(2013, 1, day) for day in range(1, 15)])
    write_transactions(home / "dropzone", datetime(2024, 3, 4, 8, 30, tzinfo=UTC), 1_000, 7)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DROPZONE_", "DAGSTER_"))}
    environment = {**clean, "DROPZONE_HOME": str(home)}
    command = str(Path(sys.executable).with_name("dropzone"))
    subprocess.run([command, "ingest"], env=environment, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (home / "up.log").open("w")
    process = subprocess.Popen(
        [command, "up", "--port", str(port)], env=environment, stdout=log, stderr=log, start_new_session=True
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, home / "up.log")
        yield address, home
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its polite end may take a minute; that it comes is Dagster's affair
        process.wait(30)
        log.close()


@pytest.fixture
def look(ui: tuple[str, Path]) -> Iterator[Look]:
    """Open a page, wait until it shows every text named, and give all its text."""
    sync_api = pytest.importorskip("playwright.sync_api")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.fail("no Chromium here") if os.environ.get("CI") else pytest.skip("no Chromium here")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1600, "height": 1000})

        def look(path: str, *texts: str, picture: str = "") -> str:
            page.goto(ui[0] + path)
            for text in texts:
                page.get_by_text(text, exact=True).first.wait_for(timeout=30_000)
            if picture and SCREENSHOTS.name:
                page.wait_for_timeout(1_500)
                page.screenshot(path=SCREENSHOTS / f"{picture}.png")
            return str(page.inner_text("body"))

        yield look
        chromium.close()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/server_info", timeout=2)
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the UI did not come up:\n{log.read_text()[-3000:]}")
