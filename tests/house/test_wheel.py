"""The built wheel works in a fresh environment, far from the checkout."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Give the Python of a new environment that holds the wheel and sees our packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (
        "from hatchling.builders.wheel import WheelBuilder as W; list(W('.').build(directory={}))"
    )
    subprocess.run(
        [sys.executable, "-c", build.format(repr(str(folder / "dist")))],
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    bin_ = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = bin_ / ("python.exe" if os.name == "nt" else "python")
    # Installing the packages again would take a minute; they are lent, salesnb itself is not.
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    lent = subprocess.check_output([sys.executable, "-c", where], text=True).strip()
    own = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    with zipfile.ZipFile(wheel) as files:
        files.extractall(own)
    # Only what lies in the folder itself, so that the checkout's own link is not followed.
    (own / "lent.pth").write_text(f"import sys; sys.path.append({lent!r})\n", encoding="utf-8")
    return python


def run(python, *words, cwd):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), *words],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_wheel_that_answers(python, tmp_path):
    code = "import salesnb, salesnb.parameters as p; print(salesnb.__file__); print(p.kit())"
    said = run(python, "-c", code, cwd=tmp_path)
    assert str(ROOT / "src") not in said
    assert said.splitlines()[1].endswith("_kit")


def test_notebooks_parameters_words_and_styles_are_in_it(python, tmp_path):
    code = (
        "from importlib.resources import files as f; r = f('salesnb');"
        "print(len([*(r / '_kit/notebooks').glob('*.ipynb')]),"
        "(r / '_kit/parameters/common.yaml').is_file(),"
        "(r / 'report/template/page.html.j2').is_file(), (r / 'languages/zh').is_dir())"
    )
    count = len(list((ROOT / "notebooks").glob("*.ipynb")))
    assert run(python, "-c", code, cwd=tmp_path).split() == [str(count), "True", "True", "True"]


def test_a_folder_and_a_report_are_made_with_it(python, tmp_path):
    run(python, "-m", "salesnb", "new", "mine", cwd=tmp_path)
    said = run(
        python,
        *["-m", "salesnb", "run", "monthly_review", "--region", "华东", "--period", "2024-06"],
        cwd=tmp_path / "mine",
    )
    assert said.splitlines()[0] == "monthly_review 华东 2024-06: ok"
    page = tmp_path / "mine" / "outputs" / "2024-06" / "monthly_review" / "华东.html"
    assert page.stat().st_size > 10_000


def test_papermill_and_nbconvert_find_what_it_brings(python, tmp_path):
    code = (
        "import papermill.engines as e, nbconvert.exporters as x;"
        "print(e.papermill_engines.get_engine('salesnb').__name__);"
        "print(x.get_exporter('salesnb').__name__)"
    )
    assert run(python, "-c", code, cwd=tmp_path).split() == ["SalesEngine", "SalesnbExporter"]
