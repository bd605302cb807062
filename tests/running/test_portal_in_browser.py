"""The portal in a real Chromium: from a folder, out of a zip, from a web server."""

import functools
import http.server
import threading
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe

from left import fact, facts, report
from salesnb.language import Language
from salesnb.running.portal.page import write_portal
from screens import SCREENS, TWICE, opened

pytestmark = pytest.mark.browser

REGIONS = ("华东", "内蒙古 & 宁夏", '"><script>alert(1)</script>', "=cmd|'/C calc'!A0", "长" * 60)


@pytest.fixture(scope="module", params=["zh", "en"])
def outputs(request, tmp_path_factory):
    """Give a folder of reports of two months, with figures, failures and sums that are wrong."""
    folder = tmp_path_factory.mktemp("outputs")
    months = [f"2023-{month:02d}" for month in range(5, 13)]
    months += [f"2024-{month:02d}" for month in range(1, 6)]
    found = [{"rule": "overdue_up", "severity": "bad", "scope": {}, "impact": -1e6, "text": "x"}]
    for period in ("2024-05", "2024-06"):
        for place, region in enumerate(("all", *REGIONS)):
            past = [fact("net_sales", 1e6 * (1 + place), month) for month in months]
            known = [*facts(1.2e6 * (1 + place), 0.9 + place / 20, period), *past]
            known += [fact("growth_yoy", 0.1, period), fact("target_gap", -1e5, period)]
            more = {"facts": known, "findings": found, "status": ("ok", "partial")[place % 2]}
            report(folder, region, period, "monthly_review", **more)
            report(folder, region, period, "goal_decomposition", **more)
    return folder, write_portal(folder, Language.load(request.param))


def test_the_portal_is_quiet_and_open_to_all(browser, outputs):
    _, path = outputs
    page = opened(browser, path, color_scheme="light")
    found = []
    for size, scheme in SCREENS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        found += Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert found == []
    assert page.wrong == []
    assert page.asked == [path.as_uri()]
    assert page.evaluate(TWICE) == []
    assert page.locator("main script, main iframe, main [onerror]").count() == 0
    page.context.close()


def test_links_work_from_a_folder_and_out_of_a_zip(browser, outputs, tmp_path):
    folder, path = outputs
    with zipfile.ZipFile(tmp_path / "outputs.zip", "w") as packed:
        for file in folder.rglob("*"):
            packed.write(file, file.relative_to(folder))
    with zipfile.ZipFile(tmp_path / "outputs.zip") as packed:
        packed.extractall(tmp_path / "out")
    for place in (path, tmp_path / "out" / path.name):
        page = opened(browser, place, java_script_enabled=False)
        page.locator("main table a").first.click()
        assert page.url.endswith(".html")
        assert page.content() == "<html><head></head><body></body></html>"
        page.context.close()


def test_links_work_from_a_web_server(browser, outputs):
    folder, _ = outputs
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        address = f"http://127.0.0.1:{server.server_port}/"
        page.goto(address)
        links = page.eval_on_selector_all(
            "main a[href]", "all => all.map(one => one.href).filter(one => !one.includes('#'))"
        )
        assert len(links) >= 4 * (len(REGIONS) + 1)
        for link in links:
            assert link.startswith(address)
            assert context.request.head(link).ok, link
        context.close()
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format, *args):
        """Write no log."""
