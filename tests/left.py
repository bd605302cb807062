"""What reports leave in a folder, without running any."""

import json

from salesnb.parameters import file_name


def fact(metric, value, period="2024-06", unit="money"):
    return {"metric": metric, "scope": {}, "period": period, "value": value, "unit": unit}


def facts(sales=1_234_000.0, attained=0.931, period="2024-06"):
    return [fact("net_sales", sales, period), fact("attainment", attained, period, "ratio")]


def report(outputs, region, period="2024-06", notebook="tiny", **more):
    """Leave a report of the given facts in a folder."""
    content = {
        "schema": 1,
        "notebook": notebook,
        "region": region,
        "period": period,
        "currency": "CNY",
        "status": "ok",
        "facts": facts(period=period),
        "findings": [],
        **more,
    }
    path = outputs / period / notebook / f"{file_name(region)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    if content["status"] != "failed":
        path.with_suffix(".html").write_text("<html>", encoding="utf-8")
    path.with_suffix(".ipynb").write_text("{}", encoding="utf-8")
