"""Runs queries with the clients that analysts use in Python. Its argument and its output are JSON.

Argument: {"host", "port", "user", "password", "queries": [SQL]}. Output: client -> rows of each query, with cells as text.
"""

import json
import math
import sys
from datetime import date, datetime
from decimal import Decimal

import clickhouse_connect
import pandas as pd


def cell(value):
    """The text that a person sees, and None for NULL."""
    if isinstance(value, (list, tuple)):
        return [cell(item) for item in value]
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        return cell(value.tolist())
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return value
    # A day comes as a time of pandas at midnight.
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == value.time().min else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def main():
    given = json.loads(sys.argv[1])
    login = {name: given[name] for name in ("host", "port")}
    client = clickhouse_connect.get_client(username=given["user"], password=given["password"], **login)
    readers = {
        "clickhouse-connect": lambda sql: client.query(sql).result_rows,
        "pandas": lambda sql: client.query_df(sql).astype(object).values.tolist(),
        "polars": lambda sql: client.query_df_arrow(sql, dataframe_library="polars").rows(),
    }
    answers = {
        name: [[[cell(value) for value in row] for row in read(sql)] for sql in given["queries"]]
        for name, read in readers.items()
    }
    json.dump(answers, sys.stdout, ensure_ascii=False)


main()
