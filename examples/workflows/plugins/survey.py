import statistics as st


def main(input):
    """Describes two samples and says whether they differ (Welch's t)."""
    a, b = input["before"], input["after"]
    mean_a, mean_b = st.fmean(a), st.fmean(b)
    t = (mean_b - mean_a) / (st.variance(a) / len(a) + st.variance(b) / len(b)) ** 0.5
    print(f"t = {t:.3f}")
    return {
        "before": {"mean": round(mean_a, 2), "median": st.median(a), "quartiles": st.quantiles(a)},
        "after": {"mean": round(mean_b, 2), "median": st.median(b), "quartiles": st.quantiles(b)},
        "t": round(t, 3),
        "verdict": "they differ" if abs(t) > 2 else "could be chance",
    }
