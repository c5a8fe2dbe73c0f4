"""Reads what `npx qcc export` wrote with the libraries that analysts use, and prints what they make of it as JSON.

Arguments: a Parquet file, a workbook and a CSV of the same rows.
"""

import json
import sys

import openpyxl
import pandas as pd
import polars as pl

parquet, workbook, csv = sys.argv[1:]

pandas = pd.read_parquet(parquet)
polars = pl.read_parquet(parquet)
sheet = openpyxl.load_workbook(workbook)["数据"]
header = [cell.value for cell in sheet[1]]
rows = [dict(zip(header, line)) for line in sheet.iter_rows(min_row=2)]
excel = pd.read_excel(workbook, sheet_name="数据", dtype={"代码": str})
text = pd.read_csv(csv, dtype={"代码": str})

json.dump(
    {
        "pandas": {
            "times": [str(each) for each in pd.to_datetime(pandas["推送时间"])],
            "zone": str(pd.to_datetime(pandas["推送时间"]).dt.tz),
            "days": [str(each) for each in pandas["推送日期"]],
            "amount": str(pandas["金额"][0]),
            "number": str(pandas["大数"][0]),
            "array": list(pandas["数组"][0]),
            "empty": bool(pandas["空"].isna().all()),
        },
        "polars": {
            "times": [str(each) for each in polars["推送时间"].str.to_datetime()],
            "days": [str(each) for each in polars["推送日期"]],
            "amount": str(polars["金额"][0]),
            "number": str(polars["大数"][0]),
            "array": polars["数组"][0].to_list(),
            "empty": polars["空"].is_null().all(),
        },
        "openpyxl": {
            "times": [str(row["推送时间"].value) for row in rows],
            "days": [str(row["推送日期"].value.date()) for row in rows],
            "amount": rows[0]["金额"].value,
            "number": rows[0]["大数"].value,
            "array": rows[0]["数组"].value,
            "empty": rows[0]["空"].value is None,
            "code": rows[0]["代码"].value,
            "formula": [rows[0]["公式"].value, rows[0]["公式"].data_type],
            "bold": all(cell.font.bold for cell in sheet[1]),
            "frozen": sheet.freeze_panes,
        },
        "read_excel": {
            "times": [str(each) for each in excel["推送时间"]],
            "code": excel["代码"][0],
        },
        "read_csv": {
            "times": [str(each) for each in pd.to_datetime(text["推送时间"])],
            "header": text.columns[0],
            "amount": float(text["金额"][0]),
            "number": str(text["大数"][0]),
            "formula": text["公式"][0],
            "code": text["代码"][0],
        },
    },
    sys.stdout,
    ensure_ascii=False,
)
