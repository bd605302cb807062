"""Every notebook's report, in both languages, in a real Chromium: screen, phone, dark, paper."""

import re
import shutil
import subprocess
from functools import cache

import pytest
from axe_playwright_python.sync_playwright import Axe

import made
from salesnb.figures.theme import LIGHT
from salesnb.sample.company import write_company
from screens import SCREENS, TWICE, opened

CASES = [(name, code) for name in made.NAMES for code in ("zh", "en")]
# Contrast takes axe as long as all the rest: once a mode, of colours both languages share.
ALL, REST = {}, {"rules": {"color-contrast": {"enabled": False}}}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
RULES = {
    ("zh", 1280, "light"): ALL,
    ("zh", 390, "light"): REST,
    ("en", 1280, "dark"): CONTRAST,
    ("en", 390, "light"): REST,
}
COLOUR = re.compile(r'(?:fill|stroke|stop-color)="([^"]+)"')
# What JavaScript is not there to show: figures and tables that take no room though not folded.
UNSEEN = """() => [...document.querySelectorAll('main figure, main table')]
    .filter(part => !part.closest('details:not([open])') && !part.closest('.narrow'))
    .filter(part => part.getBoundingClientRect().height < 20
        || ![...(part.matches('table') ? [part] : part.querySelectorAll('svg.fig, table, ul'))]
            .some(drawn => drawn.getBoundingClientRect().width > 60))
    .map(part => part.textContent.slice(0, 60))"""
TITLES = {
    "zh": "全公司2024年",
    "en": "Whole company",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Give a function that makes a report once and gives its notebook, page and file."""
    folder = tmp_path_factory.mktemp("reports")
    write_company(folder / "data")

    @cache
    def make(name, code):
        outputs = str(folder / "outputs")
        where = {"data": str(folder / "data"), "outputs": outputs, "language": code}
        notebook = made.notebook_of(name, **where)
        page = made.page_of(notebook, name)
        path = folder / f"{name}-{code}.html"
        path.write_text(page, encoding="utf-8")
        return notebook, page, path

    return make


@pytest.mark.browser
@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_report_is_quiet_and_open_to_all_on_every_screen(browser, report, name, code):
    _, _, path = report(name, code)
    page = opened(browser, path, color_scheme="light")
    found = {}
    for size, scheme in SCREENS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        rules = RULES.get((code, size["width"], scheme))
        if rules is None:
            continue
        axe = Axe().run(page, options={"resultTypes": ["violations"], **rules})
        found |= {
            (size["width"], scheme, each["id"]): [node["html"][:120] for node in each["nodes"][:3]]
            for each in axe.response["violations"]
        }
    assert found == {}
    assert page.wrong == []
    assert [url for url in page.asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate(TWICE) == []
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_report_is_whole_without_javascript_and_on_paper(browser, report, tmp_path, name, code):
    _, _, path = report(name, code)
    for size, _ in SCREENS[::2]:
        page = opened(browser, path, java_script_enabled=False, viewport=size)
        assert page.evaluate(UNSEEN) == []
        assert page.locator("main svg.fig").count() > 0
        page.context.close()
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not here: apt-get install poppler-utils")
    page = opened(browser, path, color_scheme="dark")
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 33, 44)"
    # What is folded away on a screen is there on paper.
    folded = page.locator("details.fold table").first
    if folded.count():
        assert folded.bounding_box()["height"] > 20
    heading = page.locator("main h2").last.inner_text()
    page.context.close()
    words = ["pdftotext", tmp_path / "page.pdf", "-"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    flat = "".join(text.split())
    assert "".join(TITLES[code].split()) in flat
    assert "".join(heading.split()) in flat


@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_report_keeps_its_budget_its_colours_and_its_bytes(report, name, code):
    notebook, page, _ = report(name, code)
    assert len(page.encode()) <= 400_000
    known = {colour.lower() for colour in LIGHT.values()} | {"none", "currentcolor"}
    for figure in re.findall(r"<figure.*?</figure>", page, re.DOTALL):
        drawn = re.findall(r"<svg.*?</svg>", figure, re.DOTALL)
        assert sum(len(svg.encode()) for svg in drawn) <= 20_000, figure[:200]
        assert {colour.lower() for svg in drawn for colour in COLOUR.findall(svg)} <= known
    assert made.page_of(notebook, name) == page
