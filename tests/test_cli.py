"""The program: words in, exit code and lines or JSON out."""

import json
import subprocess
import sys

import pytest

from salesnb.cli import COMMANDS, main


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "parameters").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"] if command else ["--help"])
    assert left.value.code == 0
    assert "salesnb" in capsys.readouterr().out


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from salesnb.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted({'pandas', 'papermill', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [[], ["rum"], ["run"], ["run", "x", "--retries", "-1"]])
def test_wrong_usage_is_2(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2


def test_what_cannot_be_done_is_2_with_every_problem(project, capsys):
    assert main(["run", "monthly_reveiw", "--region", "x"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == ("there is no notebook `monthly_reveiw`. Did you mean `monthly_review`?\n")


def test_problems_for_programs(project, capsys):
    assert main(["run", "monthly_reveiw", "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "problems": ["there is no notebook `monthly_reveiw`. Did you mean `monthly_review`?"]
    }


def test_work_with_failures_is_1(project, capsys):
    assert main(["facts", "nowhere"]) == 1


def test_notebooks_with_their_parameters(project, capsys):
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["monthly_review"]["region"]["type"] == "str"


def test_metrics_in_the_readers_language(project, capsys):
    (project / "parameters" / "common.yaml").write_text("language: en\n")
    assert main(["list", "metrics"]) == 0
    assert "net_sales  " in capsys.readouterr().out


def test_a_notebook_is_cleaned(project, root, capsys):
    path = project / "x.ipynb"
    notebook = json.loads((root / "notebooks" / "monthly_review.ipynb").read_text(encoding="utf-8"))
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["execution_count"] = 3
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert main(["clean", "x.ipynb"]) == 0
    assert main(["clean", "x.ipynb"]) == 0
    assert capsys.readouterr().out == "x.ipynb: cleaned\nx.ipynb: clean already\n"


def test_a_notebook_is_checked(project, root, capsys):
    assert main(["check", str(root / "notebooks" / "monthly_review.ipynb")]) == 0
    (project / "x.ipynb").write_text("{}")
    assert main(["check", "x.ipynb"]) == 2


def test_region_files_are_checked(project, capsys):
    regions = project / "parameters" / "regions"
    regions.mkdir()
    (regions / "华东.yaml").write_text("region: 华南\n", encoding="utf-8")
    (regions / "NO.yaml").write_text("region: NO\n", encoding="utf-8")
    (regions / "北方.yaml").write_text("langauge: zh\n", encoding="utf-8")
    assert main(["check", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)["parameters"]
    assert said == [
        "parameters/regions/NO.yaml:1: `region` is not text; got NO, read as false. "
        'Write `region: "NO"`.',
        "parameters/regions/北方.yaml:1: `langauge` is unknown. Did you mean `language`?",
        "华东.yaml: the file of 华南 has another name. Name it 华南.yaml.",
    ]


def test_a_folder_of_ones_own(project, capsys):
    assert main(["new", "mine", "--language", "en"]) == 0
    folder = project / "mine"
    assert (folder / "data" / "company.json").is_file()
    assert (folder / "parameters" / "common.yaml").read_text(encoding="utf-8").count(
        "language: en"
    ) == 1
    assert "# Sales reports" in (folder / "README.md").read_text(encoding="utf-8")
    assert (folder / "notebooks" / "monthly_review.ipynb").is_file()
    assert main(["new", "mine"]) == 2
    assert capsys.readouterr().err == "mine is not empty. Name a folder that does not exist yet.\n"


def test_a_chinese_folder_has_chinese_prose(project):
    main(["new", "mine"])
    text = (project / "mine" / "notebooks" / "monthly_review.ipynb").read_text(encoding="utf-8")
    assert "# Monthly review" not in text


def test_a_plan_is_checked(project, root, capsys):
    plan = root / "parameters" / "plan_2024.yaml"
    assert main(["check", str(plan), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["counts"]["error"] > 0


def test_a_data_folder_is_checked(project, capsys):
    assert main(["check", "nowhere"]) == 2
    assert capsys.readouterr().err == (
        "there is no nowhere. Name a data folder, a plan's YAML file or a notebook.\n"
    )


def test_a_reader_that_has_seen_enough(root):
    command = f"{sys.executable} -m salesnb list metrics | head -1"
    done = subprocess.run(
        command, shell=True, cwd=root, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
