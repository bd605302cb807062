import pytest

from salesnb.errors import ParameterError
from salesnb.findings.remarks import KINDS, read_remarks


def write(folder, text):
    path = folder / "remarks" / "华东" / "2024-06.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_nothing_written_is_empty(tmp_path):
    assert read_remarks(tmp_path, "华东", "2024-06") == dict.fromkeys(KINDS, ())


def test_a_list_or_lines_of_text(tmp_path):
    write(tmp_path, "external_factors: [竞品降价, ' ']\nremarks: |\n  一\n\n  二\n")
    found = read_remarks(tmp_path, "华东", "2024-06")
    assert found["external_factors"] == ("竞品降价",)
    assert found["remarks"] == ("一", "二")


def test_an_unknown_kind_is_refused(tmp_path):
    write(tmp_path, "extrenal_factors: [x]\n")
    with pytest.raises(ParameterError) as error:
        read_remarks(tmp_path, "华东", "2024-06")
    assert str(error.value) == (
        f"{tmp_path.name}/remarks/华东/2024-06.yaml: `extrenal_factors` is no kind of remark. "
        "Did you mean `external_factors`?"
    )


def test_what_is_no_yaml_is_refused(tmp_path):
    write(tmp_path, "remarks: [x\n")
    with pytest.raises(ParameterError, match="the file is not YAML"):
        read_remarks(tmp_path, "华东", "2024-06")
