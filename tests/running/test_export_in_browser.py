"""The exported page in a real Chromium: nothing fetched, nothing wrong, readable everywhere."""

import shutil
import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe

import gallery
from salesnb.running.export import SalesnbExporter

pytestmark = pytest.mark.browser

SCREENS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
FIGURES = """() => [...document.querySelectorAll('figure')].map(figure => ({
    tall: figure.getBoundingClientRect().height,
    drawn: [...figure.querySelectorAll('svg.fig, table, ul')]
        .some(part => part.getBoundingClientRect().width > 300)}))"""
AXE_OPTIONS = {"resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """One page for each language and for what is hostile, each written once."""
    folder = tmp_path_factory.mktemp("pages")
    exporter = SalesnbExporter()
    written = {}
    for code, variant in [("zh", "usual"), ("en", "usual"), ("zh", "hostile"), ("en", "long")]:
        page, _ = exporter.from_notebook_node(gallery.notebook(code, variant))
        written[code, variant] = folder / f"{code}-{variant}.html"
        written[code, variant].write_text(page, encoding="utf-8")
    return written


def opened(browser, path, **settings):
    """Open a page offline and note what it asks for and complains of."""
    context = browser.new_context(offline=True, **settings)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.asked, page.wrong = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.wrong.append(message.text))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("dialog", lambda dialog: (page.wrong.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("code", gallery.CODES)
def test_page_is_quiet_and_open_to_all(browser, pages, code, screen):
    page = opened(browser, pages[code, "usual"], **SCREENS[screen])
    found = Axe().run(page, options=AXE_OPTIONS)
    assert found.response["violations"] == []
    assert page.wrong == []
    # A font carried in the page counts as asked for; an address of another place must not be.
    assert [url for url in page.asked if not url.startswith("data:")] == [
        pages[code, "usual"].as_uri()
    ]
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, 700, 820, 1280])
@pytest.mark.parametrize("case", [("zh", "hostile"), ("en", "long")], ids="-".join)
def test_page_never_scrolls_sideways_and_runs_nothing_of_the_data(browser, pages, case, width):
    page = opened(browser, pages[case], viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.wrong == []
    assert len([url for url in page.asked if not url.startswith("data:")]) == 1
    assert page.locator("main iframe, main script, main [onerror]").count() == 0
    page.context.close()


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_page_is_complete_without_javascript(browser, pages, screen):
    page = opened(browser, pages["zh", "usual"], java_script_enabled=False, **SCREENS[screen])
    # evaluate runs outside of the page's own scripts, so it works here too.
    figures = page.evaluate(FIGURES)
    assert len(figures) == 20
    assert all(figure["drawn"] and figure["tall"] > 100 for figure in figures)
    assert page.locator("nav a").count() == 2
    page.context.close()


def test_contents_follow_the_reader(browser, pages):
    page = opened(browser, pages["en", "usual"], **SCREENS["desktop"])
    page.locator("nav a").last.click()
    page.wait_for_selector("nav a.on[href='#s2']")
    page.context.close()


def test_embedded_font_draws_the_chinese_of_the_figures(browser, pages):
    page = opened(browser, pages["zh", "usual"], **SCREENS["desktop"])
    # Chinese alone comes from the page's own font; digits stay in the reader's.
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.size)") == 1
    assert page.evaluate("document.fonts.check('12px snb', '喆堃玥頔翀燚')")
    page.context.close()


@pytest.mark.parametrize("code", gallery.CODES)
def test_print_is_light_numbered_and_searchable(browser, pages, tmp_path, code):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not here: apt-get install poppler-utils")
    page = opened(browser, pages[code, "usual"], **SCREENS["dark"])
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 33, 44)"
    page.context.close()
    text = subprocess.run(
        ["pdftotext", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    count = text.count("\f")
    assert 5 < count < 13
    # Text inside the pictures is text on paper too.
    wanted = (
        ["2024年6月月度业绩总结", "去年同期", "喆堃玥頔翀燚", f"第 1 页，共 {count} 页"]
        if code == "zh"
        else ["Monthly review, June 2024", "Last year", "Bavaria", f"Page 1 of {count}"]
    )
    flat = " ".join(text.split())
    assert [word for word in wanted if word not in flat] == []
