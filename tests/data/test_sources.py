"""Files as people keep them: encodings, titles, merged cells, ids that look like numbers."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from salesnb.data.matching import known_headers
from salesnb.data.sources import EXTRA, Form, find_files, open_sheets
from salesnb.errors import SourceError

TEXT = "订单编号,日期,金额\n000000000001,2024-01-05,1.5\n0002,2024-01-06,２\n"


def one(path, form=None):
    (sheet,) = open_sheets(path, known_headers(), form)
    return sheet


def rows(path, form=None):
    sheet = one(path, form)
    return sheet.read(sheet.columns)


def workbook(path, *sheets, merge=(), hidden=()):
    book = Workbook()
    book.remove(book.active)
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
        for area in merge:
            sheet.merge_cells(area)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_usual_encoding_and_separator(tmp_path, encoding, separator):
    path = tmp_path / "o.csv"
    path.write_bytes(TEXT.replace(",", separator).encode(encoding))
    read = rows(path)
    assert list(read.columns) == ["订单编号", "日期", "金额"]
    assert read["订单编号"].tolist() == ["000000000001", "0002"]
    assert read.index.tolist() == [2, 3]


def test_rare_characters_of_names_survive_gb18030(tmp_path):
    path = tmp_path / "o.csv"
    path.write_bytes("客户编码,名称\n1,㙟𠮷公司\n".encode("gb18030"))
    assert rows(path)["名称"].tolist() == ["㙟𠮷公司"]


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "o.csv"
    path.write_bytes(b"a,b\n\xff\xff\xff,1\n")
    with pytest.raises(SourceError) as error:
        one(path)
    assert str(error.value) == (
        "o.csv: is not text that can be read; got neither utf-8-sig nor gb18030. "
        "Save it as CSV UTF-8, or say its `encoding` in the mapping file."
    )
    with pytest.raises(SourceError, match="encoding `latin9x` is unknown"):
        one(path, Form(encoding="latin9x"))


def test_titles_above_and_their_unit(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("销售明细\n单位：万元,,\n\n" + TEXT, "utf-8")
    sheet = one(path)
    assert (sheet.title_rows, sheet.unit) == (3, "万元")
    assert sheet.read(sheet.columns).index.tolist() == [5, 6]


def test_headers_that_nobody_knows_are_the_first_full_row(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("report\na1,b1,c1\n1,2,3\n", "utf-8")
    assert one(path).columns == ("a1", "b1", "c1")


def test_columns_by_position(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("7|x|2024-01-05\n8|y|2024-01-06\n", "utf-8")
    sheet = one(path, Form(header=0, separator="|"))
    assert sheet.columns == ("0", "1", "2")
    assert sheet.read(["1"])["1"].tolist() == ["x", "y"]
    assert sheet.read(["1"]).index.tolist() == [1, 2]


def test_repeated_and_empty_headers_get_names(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("日期,金额,金额,\n2024-01-05,1,2,3\n", "utf-8")
    assert one(path).columns == ("日期", "金额", "金额#2", "#4")


def test_rows_with_more_cells_are_kept_whole(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("order_id,amount\nA,1\nB,2,3,4\nC\n", "utf-8")
    read = rows(path)
    assert read["order_id"].tolist() == ["A", "B", "C"]
    assert read[EXTRA].fillna("").tolist() == ["", "3 4", ""]


def test_quoted_line_breaks_stay_in_their_cell(tmp_path):
    path = tmp_path / "o.csv"
    path.write_bytes('order_id,amount,备注\r\nA,1,"x\r\ny,z"\r\nB,2,\r\n'.encode())
    read = rows(path)
    assert len(read) == 2
    assert read["备注"].iloc[0].split() == ["x", "y,z"]


def test_empty_rows_are_no_rows(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("order_id,amount\n\nA,1\n ,\n", "utf-8")
    assert rows(path).index.tolist() == [3]


def test_an_empty_file_has_no_rows(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("", "utf-8")
    assert rows(path).empty
    path.write_text("order_id,amount\n", "utf-8")
    assert rows(path).empty


def test_excel_ids_stay_text_and_numbers_have_no_point(tmp_path):
    path = workbook(
        tmp_path / "o.xlsx",
        (
            "S",
            [
                ["订单编号", "日期", "金额", "赠品"],
                ["000000000001", pd.Timestamp("2024-01-05"), 3, True],
                [2, 45296, 1.25, None],
            ],
        ),
    )
    read = rows(path)
    assert read.loc[2].tolist() == ["000000000001", "2024-01-05", "3", "true"]
    assert read.loc[3].tolist()[:3] == ["2", "45296", "1.25"]


def test_excel_merged_labels_count_for_every_row(tmp_path):
    cells = [
        ["标题"],
        ["大区", "订单编号", "金额"],
        ["华东", "1", 1],
        [None, "2", 2],
        [None, "3", 3],
    ]
    path = workbook(tmp_path / "o.xlsx", ("S", cells), merge=["A1:C1", "A3:A4"])
    assert rows(path)["大区"].fillna("").tolist() == ["华东", "华东", ""]
    filled = rows(path, Form(fill_down=("大区",)))
    assert filled["大区"].tolist() == ["华东"] * 3


def test_excel_sheets_that_are_hidden_or_empty_are_left_out(tmp_path):
    table = [["订单编号", "金额"], ["1", 2]]
    path = workbook(tmp_path / "o.xlsx", ("A", table), ("B", table), ("C", []), hidden=["B"])
    assert [sheet.name for sheet in open_sheets(path)] == ["A"]
    assert [sheet.name for sheet in open_sheets(path, form=Form(sheet="B"))] == ["B"]
    assert open_sheets(path)[0].where == "o.xlsx [A]"
    with pytest.raises(SourceError) as error:
        open_sheets(path, form=Form(sheet="D"))
    assert str(error.value) == "o.xlsx: sheet `D` is not in the file. It holds: A, B, C."


def test_formulas_are_never_run(tmp_path):
    path = workbook(tmp_path / "o.xlsx", ("S", [["订单编号", "金额"], ["1", "=1+1"]]))
    # Never calculated by Excel: nothing, rather than 2.
    assert rows(path)["金额"].isna().all()


def test_text_tables_named_xls_are_read_and_web_pages_are_told(tmp_path):
    path = tmp_path / "o.xls"
    path.write_bytes(TEXT.replace(",", "\t").encode("gbk"))
    assert rows(path)["订单编号"].tolist() == ["000000000001", "0002"]
    path.write_text("<html><table></table></html>")
    with pytest.raises(SourceError, match="is a web page named like an Excel file"):
        one(path)


def test_a_broken_excel_file_is_told(tmp_path):
    path = tmp_path / "o.xlsx"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(SourceError) as error:
        one(path)
    assert str(error.value).startswith("o.xlsx: cannot be read; got ")
    assert str(error.value).endswith("save it again, without a password.")


def test_parquet_keeps_types_and_leaves_pictures_out(tmp_path):
    path = tmp_path / "o.parquet"
    table = pa.table(
        {
            "id": pa.array([1, None], pa.int16()),
            "amount": pa.array(["1.2345", "2"]).cast(pa.decimal128(19, 4)),
            "day": pa.array(["2024-01-05", None]).cast(pa.date32()),
            "channel": pa.array(["a", "b"]).dictionary_encode(),
            "photo": pa.array([b"x", b"y"]),
        }
    )
    pq.write_table(table, path)
    sheet = one(path)
    assert sheet.columns == ("id", "amount", "day", "channel")
    assert not sheet.is_text
    read = sheet.read(["amount", "id", "day", "channel"])
    assert [str(kind) for kind in read.dtypes] == ["float64", "Int16", "datetime64[us]", "str"]
    assert read["amount"].tolist() == [1.2345, 2.0]
    assert read.index.tolist() == [1, 2]


def test_files_are_found_in_folders_and_nothing_else(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.csv", "a.parquet", "LICENSE", "~$a.xlsx", ".x.csv", "sub/c.xlsx"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in find_files([tmp_path])] == ["a.parquet", "b.csv", "c.xlsx"]
    with pytest.raises(SourceError) as error:
        find_files([tmp_path / "no.csv", tmp_path / "LICENSE"])
    assert len(error.value.problems) == 2
    assert "no such file" in str(error.value)
    assert "LICENSE: cannot be read; got no ending. Save it as one of .csv" in str(error.value)
