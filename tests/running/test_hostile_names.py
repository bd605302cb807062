"""Names that try to run, to lead elsewhere or to break the page, in every column of the data."""

import io
import json
import re
import shutil
from html.parser import HTMLParser

import openpyxl
import pytest

import made
from gallery import HOSTILE
from salesnb.data.store import write_tables
from salesnb.data.tables import TABLES
from salesnb.language import Language
from salesnb.parameters import file_name
from salesnb.running.export import report_facts
from salesnb.running.portal.page import portal_page
from salesnb.running.workbook import workbook_of
from salesnb.sample.company import make_company
from screens import opened

# In scopes `;` parts dimensions, and a name of 200 characters is tried once.
ENDINGS = [text.replace(";", ",") for text in HOSTILE]
# Words of the contract, not names: salesnb itself gives them their meaning.
FIXED = {"metric", "bound", "unit", "plan", "status", "kind", "outcome", "verdict", "role"}
FIXED |= {"currency", "type", "kpi", "trigger_metric", "rater_role", "parent"}
RUNNING = {"script", "iframe", "object", "embed", "meta", "link", "base", "form"}
PERIOD = made.PERIOD


def hostile(text):
    """Give a value a dangerous ending, the same value always the same."""
    return f"{text}{ENDINGS[sum(map(ord, text)) % len(ENDINGS)]}"


def spoilt(name, frame):
    """Give a table with every name in it spoilt."""
    changed = {}
    for column in TABLES[name].columns:
        if column.name not in frame or column.kind not in ("text", "category", "id"):
            continue
        if column.name in FIXED:
            continue
        old = frame[column.name].astype(object)
        if column.name == "scope":
            changed[column.name] = old.map(spoilt_scope)
        else:
            changed[column.name] = old.map(lambda v: hostile(v) if isinstance(v, str) and v else v)
    return frame.assign(**changed)


def spoilt_scope(scope):
    parts = [part.partition("=") for part in str(scope).split(";") if "=" in part]
    return ";".join(f"{name}={hostile(value)}" for name, _, value in parts)


@pytest.fixture(scope="module")
def spoilt_company(tmp_path_factory, root):
    """Give a project whose company, region, brand and remarks are all spoilt."""
    folder = tmp_path_factory.mktemp("spoilt")
    company = make_company("quick")
    regions = tuple(hostile(region) for region in company.company.regions)
    tables = {name: spoilt(name, frame) for name, frame in company.tables.items()}
    about = company.company
    write_tables(folder / "data", tables, type(about)(name=hostile("x"), regions=regions))
    shutil.copytree(root / "parameters", folder / "parameters")
    shutil.rmtree(folder / "parameters" / "regions")
    common = folder / "parameters" / "common.yaml"
    brand = f"brand_name: {json.dumps(HOSTILE[0] + HOSTILE[1])}"
    common.write_text(common.read_text("utf-8").replace('brand_name: ""', brand), "utf-8")
    return folder, regions


@pytest.fixture(scope="module")
def pages(spoilt_company):
    """Give each report's page and facts: of the company, and one of a region."""
    folder, regions = spoilt_company
    cases = [(name, "all") for name in made.NAMES] + [("monthly_review", regions[0])]
    where = {"data": str(folder / "data"), "outputs": str(folder / "outputs"), "language": "zh"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        notebooks = {
            (name, region): made.notebook_of(name, region=region, **where) for name, region in cases
        }
    return {
        case: (made.page_of(notebook, case[0]), notebook) for case, notebook in notebooks.items()
    }


class Reader(HTMLParser):
    """Reads the tags of a page and their attributes as a browser does."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        self.tags.add(tag)
        self.attributes.update((key, value or "") for key, value in attrs)


def test_reports_are_made_and_names_are_text(pages):
    for (name, _), (page, notebook) in pages.items():
        failed = [each for each in report_facts(notebook)["sections"] if each["status"] == "failed"]
        assert failed == [], name
        main = page[page.index("<body>") : page.rindex("<script>")]
        reader = Reader()
        reader.feed(main)
        assert reader.tags & RUNNING == set()
        assert not any(key.startswith("on") or (key == "style" and "url" in value)
                       for key, value in reader.attributes)  # fmt: skip
        leads = [value for key, value in reader.attributes if key in ("href", "src")]
        assert all(value.startswith(("#", "data:image")) for value in leads)
        assert "&lt;script&gt;" in main
        assert not re.search("[\u0000-\u0008\u202a-\u202e\u2066-\u2069]", page)


def test_tables_in_excel_hold_no_formula(pages):
    for page, _ in pages.values():
        book = openpyxl.load_workbook(io.BytesIO(workbook_of(page)))
        kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
        assert "f" not in kinds


def test_files_stay_in_the_folder_and_the_portal_shows_names_as_text(pages, tmp_path):
    for (name, region), (page, notebook) in pages.items():
        folder = tmp_path / PERIOD / file_name(name)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{file_name(region)}.json"
        assert path.resolve().parent == folder.resolve()
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', path.name)
        assert len(path.name.encode()) < 200
        path.write_text(json.dumps(report_facts(notebook)), encoding="utf-8")
        path.with_suffix(".html").write_text(page, encoding="utf-8")
    portal = portal_page(tmp_path, Language.load("zh"))
    main = portal[portal.index("<body>") : portal.rindex("<script>")]
    assert "<script" not in main
    links = re.findall(r'href="([^"#][^"]*)"', main)
    assert links
    assert all(link.startswith(PERIOD) for link in links)


@pytest.mark.browser
def test_nothing_runs_and_nothing_is_asked_for(browser, pages, tmp_path):
    for place, (page, _) in enumerate(pages.values()):
        path = tmp_path / f"{place}.html"
        path.write_text(page, encoding="utf-8")
        shown = opened(browser, path, viewport={"width": 390, "height": 844})
        assert shown.wrong == []
        assert [url for url in shown.asked if not url.startswith("data:")] == [path.as_uri()]
        assert shown.evaluate("document.documentElement.scrollWidth") == 390
        shown.context.close()
