"""Totals of paid orders by region, with the median order, from a CSV file's text."""

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal
from statistics import median


def main(input):
    orders = defaultdict(list)
    first, last = date.max, date.min
    for row in csv.DictReader(io.StringIO(input)):
        if row["status"] != "paid":
            continue
        orders[row["region"]].append(int(row["quantity"]) * Decimal(row["unit_cents"]) / 100)
        day = date.fromisoformat(row["date"])
        first, last = min(first, day), max(last, day)
    print("read", sum(map(len, orders.values())), "paid orders")
    return {
        "from": first,
        "to": last,
        "regions": {
            region: {"orders": len(values), "total": sum(values), "median": median(values)}
            for region, values in sorted(orders.items())
        },
    }
