"""The exporter: what of a notebook reaches the page, and what never does."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from nbconvert.exporters import get_export_names, get_exporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import gallery
from salesnb.report.facts import MIME
from salesnb.running.export import SalesnbExporter, report_facts
from salesnb.running.markdown import render

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def export(notebook, name="report", **settings):
    page, resources = SalesnbExporter(**settings).from_notebook_node(
        notebook, {"metadata": {"name": name}}
    )
    assert resources["output_extension"] == ".html"
    return page


def shown(**data):
    return new_code_cell("s.x()", outputs=[new_output("display_data", data=data)])


@pytest.fixture(scope="module")
def zh():
    return export(gallery.notebook("zh"))


def test_code_streams_errors_and_stray_text_stay_out(zh):
    assert "SECRET" not in zh
    assert "s.show()" not in zh
    assert "import salesnb" not in zh
    assert "snb-style" not in zh
    assert MIME not in zh


def test_the_page_fetches_nothing_and_runs_only_its_own_script(zh):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', zh).group(1)
    assert policy.startswith("default-src 'none'; img-src data:; font-src data:;")
    assert "script-src 'sha256-" in policy
    assert zh.count("<script") == 1
    assert not re.search(r'(?:src|href|url\()=?["\']?(?:https?:)?//', zh)


def test_the_page_says_its_language_title_and_stamp(zh):
    assert '<html lang="zh-CN">' in zh
    assert "<title>2024年6月月度业绩总结</title>" in zh
    assert zh.count("<h1>") == 1
    assert "<dt>目标版本</dt><dd>v2 </dd>" in zh
    en = export(gallery.notebook("en"))
    assert '<html lang="en">' in en
    # No Chinese but the names of people in the data.
    assert (
        set(
            re.findall(
                "[\u4e00-\u9fff]+", re.sub(r"<text[^<]*</text>|aria-label=\"[^\"]*\"", "", en)
            )
        )
        <= set()
    )


def test_headings_get_short_ids_and_findings_lead_to_them(zh):
    assert re.findall(r"<h[23] id=\"(s\d+)\">", zh) == ["s1", "s2", "s3"]
    assert '<nav aria-label="目录"><ol tabindex="0"><li><a href="#s1">图表</a></li>' in zh
    assert '<a href="#s3">查看详情</a>' in zh
    # The finding whose section is not in the notebook has no link.
    assert zh.count("查看详情") == 1


def test_no_id_stands_twice_even_when_a_chart_does():
    notebook = gallery.notebook("zh")
    twice = [cell for cell in notebook.cells if cell.id in {"gantt", "quadrant"}]
    notebook.cells += [NotebookNode(cell | {"id": f"{cell.id}-again"}) for cell in twice]
    ids = re.findall(r'\sid="([^"]+)"', export(notebook))
    assert len(ids) == len(set(ids))


def test_same_notebook_same_bytes_and_the_notebook_stays(zh):
    notebook = gallery.notebook("zh")
    before = json.dumps(notebook, sort_keys=True)
    exporter = SalesnbExporter()
    exporter.from_notebook_node(gallery.notebook("en"))
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": "report"}})
    assert page == zh
    assert json.dumps(notebook, sort_keys=True) == before


def test_budgets(zh):
    assert len(export(new_notebook()).encode()) <= 15_000
    assert len(zh.encode()) <= 200_000


@pytest.mark.parametrize("code", gallery.CODES)
def test_hostile_text_is_text_everywhere(code):
    page = export(gallery.notebook(code, "hostile"), name=gallery.HOSTILE[0])
    assert "<script>alert" not in page
    assert "<iframe" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert page.count("<script") == page.count("</script>") == 1
    assert page.count("<style") == page.count("</style>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_notebook_of_an_analyst_exports_with_sensible_defaults():
    notebook = new_notebook(
        cells=[
            new_markdown_cell("Some words, no heading"),
            shown(**{"text/html": "<table class='dataframe'><tr><td>1</td></tr></table>"}),
            shown(**{"image/png": PIXEL, "text/plain": "<Figure>"}),
            shown(**{"image/svg+xml": "<svg onload='alert(1)'/>"}),
            shown(**{"text/markdown": "**bold**"}),
            shown(**{"text/plain": "STRAY"}),
            shown(**{"application/javascript": "alert(1)", "text/plain": "STRAY"}),
        ]
    )
    page = export(notebook, name="my analysis")
    assert "<title>my analysis</title>" in page
    assert '<html lang="en">' in page
    assert "dataframe" in page
    assert f'<img src="data:image/png;base64,{PIXEL}" alt="Figure">' in page
    assert "data:image/svg+xml;base64," in page
    assert "<strong>bold</strong>" in page
    assert "STRAY" not in page
    assert "onload" not in page
    assert "<nav" not in page


def test_markup_of_others_runs_fetches_and_leads_nowhere():
    wild = (
        "<p>kept</p><SCRIPT>alert(1)</SCRIPT ><script>never closed"
        "<meta http-equiv=refresh content='0;url=https://example.com'><iframe src=x></iframe>"
    )
    page = export(new_notebook(cells=[shown(**{"text/html": wild})]))
    body = page[page.index("<main") : page.index("</main>")]
    assert "<p>kept</p>" in body
    assert "alert(1)" not in body
    assert not re.search(r"<(script|meta|iframe)", body)


def test_pictures_carry_the_words_they_were_given():
    output = new_output(
        "display_data",
        data={"image/png": PIXEL},
        metadata={"image/png": {"alt": 'a "chart"'}},
    )
    page = export(new_notebook(cells=[new_code_cell("x", outputs=[output])]))
    assert 'alt="a &quot;chart&quot;"' in page


def test_the_language_is_guessed_from_the_prose_and_can_be_set():
    notebook = new_notebook(cells=[new_markdown_cell("# 我的分析")])
    assert 'lang="zh-CN"' in export(notebook)
    assert 'lang="en"' in export(notebook, language="en")
    assert "<h1>我的分析</h1>" in export(notebook)


def test_cells_tagged_hidden_stay_out():
    hidden = new_markdown_cell("HIDDEN", metadata={"tags": ["remove_cell"]})
    silent = shown(**{"text/html": "HIDDEN"})
    silent.metadata["tags"] = ["hide-output"]
    assert "HIDDEN" not in export(new_notebook(cells=[hidden, silent]))


def test_the_last_facts_count():
    notebook = new_notebook(
        cells=[shown(**{MIME: {"title": "first"}}), shown(**{MIME: json.dumps({"title": "last"})})]
    )
    assert report_facts(notebook) == {"title": "last"}
    assert report_facts(new_notebook()) == {}


def test_the_whole_page_can_carry_its_font():
    notebook = gallery.notebook("zh")
    charts, whole, none = (export(notebook, fonts=fonts) for fonts in ("charts", "all", "none"))
    assert len(none) < len(charts) < len(whole)
    assert "@font-face" not in none


def test_a_palette_and_an_accent_of_the_brand_reach_the_page():
    page = export(gallery.notebook("zh", accent="#ffcc00", palettes=["cn"]))
    assert "--up:#c22f36" in page
    assert ".snb .d.up{color:var(--up)}" in page
    # Yellow cannot be read on white; it can on black.
    assert re.findall(r"--accent:(#\w+)", page)[0] != "#ffcc00"


def test_nbconvert_and_jupyterlab_find_the_exporter():
    assert "salesnb" in get_export_names()
    assert get_exporter("salesnb") is SalesnbExporter
    assert SalesnbExporter.export_from_notebook
    assert SalesnbExporter().file_extension == ".html"


@pytest.mark.slow
def test_the_command_of_nbconvert_writes_the_page(tmp_path, zh):
    nbformat.write(gallery.notebook("zh"), tmp_path / "report.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "salesnb", "report.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == zh


MARKDOWN = [
    ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>"),
    ("[x](javascript:alert(1))", "<p>x</p>"),
    ("[x](data:text/html,y)", "<p>x</p>"),
    ("![x](https://example.com/a.png)", "<p>x</p>"),
    ("![x](file:///etc/passwd)", "<p>x</p>"),
    ("[x](https://example.com)", '<p><a href="https://example.com" rel="noreferrer">x</a></p>'),
    ("costs $1,200 to $1,500", "<p>costs $1,200 to $1,500</p>"),
    ("~~a~~ **b**", "<p><del>a</del> <strong>b</strong></p>"),
]


@pytest.mark.parametrize(("source", "markup"), MARKDOWN)
def test_markdown_is_safe(source, markup):
    assert render(source).strip() == markup


def test_a_picture_inside_a_markdown_cell_is_shown():
    markup = render("![x](attachment:a.png)", {"a.png": {"image/png": PIXEL}})
    assert markup.strip() == f'<p><img src="data:image/png;base64,{PIXEL}" alt="x"></p>'
