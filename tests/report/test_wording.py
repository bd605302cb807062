"""How a year's report reads: growth, decline, zero, missing and too few, in both languages.

The sentences stand in wording.toml, for people to read. After a change of words, write them anew
with `PYTHONPATH=tests python tests/report/test_wording.py` and read what git shows.
"""

import re
import tomllib
from pathlib import Path

import pytest

import salesnb as s
from salesnb.data.store import Company, write_tables
from salesnb.language import CODES, Language
from salesnb.report.blocks import Group, Words
from salesnb.report.charts import ChartBlock
from salesnb.report.heat import Heat
from small_company import REGIONS, leads, orders, reps, targets

SNAPSHOT = Path(__file__).with_name("wording.toml")
SECTIONS = (
    "annual_glance",
    "yearly_tiers",
    "yearly_channels",
    "yearly_forecast",
    "yearly_lead_gap",
    "yearly_scores",
    "yearly_conversion",
    "yearly_region",
    "yearly_senior",
    "yearly_plan",
    "yearly_awards",
    "yearly_commission",
)


def company(case):
    """Give the tables of one case."""
    if case == "growth":
        lines = orders(0.2, 12)
        return {
            "orders": lines, "targets": targets(lines, 1.1), "leads": leads(20, 4), "reps": reps()
        }  # fmt: skip
    if case == "decline":
        lines = orders(-0.25, 12)
        return {
            "orders": lines, "targets": targets(lines, 0.8), "leads": leads(20, 2), "reps": reps()
        }  # fmt: skip
    if case == "zero":
        lines = orders(0.0, 12)
        lines = lines[~lines["customer_id"].isin(["c10", "c11"])]
        return {
            "orders": lines, "targets": targets(lines, 1.0), "leads": leads(20, 0), "reps": reps()
        }  # fmt: skip
    if case == "missing":
        return {"orders": orders(0.1, 6).drop(columns=["customer_id", "rep_id"])}
    lines = orders(0.1, 3)
    return {
        "orders": lines[lines["order_date"] >= "2023-10-01"], "leads": leads(1, 1).tail(3),
        "reps": reps().head(1),
    }  # fmt: skip


FORESEEN = ("yearly_forecast", "yearly_plan")
CASES = ("growth", "decline", "zero", "missing", "few")


def sentences(block):
    """Give what is said in a block: paragraphs, notes, and the findings above pictures."""
    if isinstance(block, Group):
        return [line for each in block.blocks for line in sentences(each)]
    if isinstance(block, Words):
        return list(block.paragraphs)
    if isinstance(block, ChartBlock):
        return [block.drawn.title]
    return [block.title] if isinstance(block, Heat) else []


def _masked(section, line):
    """Hide what a better way of forecasting would change."""
    return re.sub(r"\d[\d,.]*", "#", line) if section in FORESEEN else line


def said(folder, case):
    """Give language → section → sentences of one case."""
    write_tables(folder, company(case), Company(regions=REGIONS, country=""))
    review = s.open_report("annual_summary", region="all", period="2023", data=str(folder))
    found = {}
    for code in CODES:
        review.language = Language.load(code)
        found[code] = {
            name: [_masked(name, line) for line in sentences(getattr(s, name)(review))]
            for name in SECTIONS
        }
        assert not [name for name in SECTIONS if review.sections[name]["status"] == "failed"]
    return found


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Work in a project of its own, without a playbook and without earlier reports."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.mark.parametrize("case", CASES)
def test_what_is_said(elsewhere, case):
    found = said(elsewhere, case)
    wanted = tomllib.loads(SNAPSHOT.read_text(encoding="utf-8"))[case]
    for code in CODES:
        assert found[code] == {name: wanted[code].get(name, []) for name in SECTIONS}


def test_no_sentence_shows_a_hole():
    text = SNAPSHOT.read_text(encoding="utf-8")
    spoken = re.findall(r"^    '+(.*?)'+,$", text, flags=re.MULTILINE)
    assert spoken
    holes = [
        r"\bnan\b", r"\binf\b", r"\bNone\b(?! of)", r"[{}]", r"[+−]{2}", r"  ",
        r"\b1 customers\b",
    ]  # fmt: skip
    assert not [line for line in spoken for hole in holes if re.search(hole, line)]


def written(found):
    """Write the sentences as TOML, one a line."""
    lines = []
    for case, languages in found.items():
        for code, sections in languages.items():
            lines.append(f"\n[{case}.{code}]")
            for name, paragraphs in sections.items():
                quoted = "".join(f"    {_quoted(line)},\n" for line in paragraphs)
                lines.append(f"{name} = [\n{quoted}]" if quoted else f"{name} = []")
    return "# What the year's report says of five small companies.\n" + "\n".join(lines) + "\n"


def _quoted(line):
    return f"'''{line}'''" if "'" in line else f"'{line}'"


if __name__ == "__main__":
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "parameters").mkdir()
        os.chdir(folder)
        SNAPSHOT.write_text(
            written({case: said(Path(folder) / case, case) for case in CASES}), encoding="utf-8"
        )
