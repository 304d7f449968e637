#!/usr/bin/env python3
"""A back-test of the whole panel beside StatsForecast's AutoETS alone: same series, origins, history and cores.

    python tests/bench/forecast.py SERIES.csv[.gz] --from DATE --to DATE --step N [--horizon 14] [--history 365] [--most 75]

Prints the seconds of each and their ratio, then what our back-test costs with more series and with more history. Ours is
the whole command, from file to file, with training where the past is long enough for it; AutoETS is its fits and bands
alone. Needs `make build` and forecast-requirements.txt; `make bench SERIES=...` does both.
"""
import argparse
import csv
import datetime
import gzip
import pathlib
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TIDEMARK = HERE.parent.parent / "target/debug/tidemark"
CORES = 2


def read(path):
    """{series: {day: value}}"""
    opened = gzip.open if path.suffix == ".gz" else open
    series = {}
    with opened(path, "rt", encoding="utf8") as file:
        for row in csv.DictReader(file):
            if row["value"]:
                series.setdefault(row["series"], {})[datetime.date.fromisoformat(row["date"])] = float(row["value"])
    return series


def evenly(names, count):
    """So many of the names, from all over the list."""
    return [names[i * len(names) // count] for i in range(count)]


def ours(series, names, origins, a, history):
    """Seconds of `tidemark backtest` of these series."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "series.csv"
        with open(path, "w", encoding="utf8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["date", "series", "value"])
            out.writerows([day, name, value] for name in names for day, value in sorted(series[name].items()))
        limits = ["--history", str(history)] if history else []
        command = [TIDEMARK, "backtest", "--series", path, "--from", str(origins[0]), "--to", str(origins[-1]), "--step", str(a.step),
                   "--horizon", str(a.horizon), *limits, "--output", path.with_suffix(".gz")]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - began


def auto_ets(series, names, origins, a):
    """Seconds of AutoETS's fits and forecasts, and how many they are."""
    import pandas
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    days = pandas.DataFrame({name: pandas.Series(series[name]) for name in names})
    days.index = pandas.to_datetime(days.index)
    days = days.sort_index().asfreq("D").interpolate(limit_direction="both")

    def fitted(seen):
        long = seen.melt(ignore_index=False, var_name="unique_id", value_name="y").rename_axis("ds").reset_index()
        models = StatsForecast(models=[AutoETS(season_length=7)], freq="D", n_jobs=CORES)
        began = time.perf_counter()
        models.forecast(df=long, h=a.horizon, level=[50, 80, 95])
        return time.perf_counter() - began

    # Its functions are compiled when they are first called; that is not counted.
    fitted(days[names[:1]].tail(60))
    seconds = fits = 0
    for origin in origins:
        seen = days.loc[:pandas.Timestamp(origin)].tail(a.history or len(days))
        seconds, fits = seconds + fitted(seen), fits + len(names)
    return seconds, fits


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("series", type=pathlib.Path)
    a.add_argument("--from", dest="first", type=datetime.date.fromisoformat, required=True)
    a.add_argument("--to", type=datetime.date.fromisoformat, required=True)
    a.add_argument("--step", type=int, required=True)
    a.add_argument("--horizon", type=int, default=14)
    a.add_argument("--history", type=int)
    a.add_argument("--most", type=int, default=75, help="of more series, so many are taken, evenly")
    a = a.parse_args()
    series = read(a.series)
    names = evenly(sorted(series), min(a.most, len(series)))
    step = datetime.timedelta(days=a.step)
    origins = [a.first + n * step for n in range((a.to - a.first) // step + 1)]

    print(f"{len(names)} series x {len(origins)} origins, {a.horizon} days ahead, {a.history or 'all'} days of history, {CORES} cores")
    own = ours(series, names, origins, a, a.history)
    print(f"  tidemark, the whole panel     {own:8.1f} s", flush=True)
    theirs, fits = auto_ets(series, names, origins, a)
    print(f"  StatsForecast's AutoETS alone {theirs:8.1f} s   {theirs / own:6.1f} x   ({fits} fits)", flush=True)

    print("what the back-test costs\n  series  days of history  seconds")
    counts = sorted({max(len(names) // part, 1) for part in (8, 4, 2, 1)})
    for count in counts:
        chosen = names if count == len(names) else evenly(names, count)
        print(f"  {count:6}  {a.history or 'all':>15}  {ours(series, chosen, origins, a, a.history):7.1f}", flush=True)
    for history in (28, 91, 182, 365, None):
        print(f"  {len(names):6}  {history or 'all':>15}  {ours(series, names, origins, a, history):7.1f}", flush=True)


if __name__ == "__main__":
    main()
