import statistics
from collections import defaultdict


def main(orders):
    """What the orders of each region are worth, with the spread."""
    regions = defaultdict(list)
    for order in orders:
        regions[order["region"]].append(order["cents"] / 100)
    print(f"{len(orders)} orders in {len(regions)} regions")
    return [
        {
            "region": region,
            "orders": len(values),
            "total": round(sum(values), 2),
            "median": round(statistics.median(values), 2),
            "spread": round(statistics.pstdev(values), 2),
        }
        for region, values in sorted(regions.items())
    ]
