"""Speed of the site-year oracle against HiGHS on the same linear program, hour by hour of a year.

usage: python benchmarks/expansion_oracle.py [--quick] [--json]

One campus on a generated year: sun, wind, a reactor, gas, a line at hourly price and
a battery. HiGHS gets the program with capacities fixed (its default choice of method, one thread)
and is timed on `run` alone; the oracle on `value`, slopes included, and on `operate`, the median
over points within 20% of the one that HiGHS gets, so that no call repeats the one before.
Agreement is relative cost within 1e-9. `--quick` takes one battery, otherwise several
lengths of it.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gigaplan.expansion.oracle import SiteYear, Source

HOURS = 8760
EFFICIENCY = 0.94
UNSERVED_USD_PER_MWH = 9000.0
CAPACITIES_MW = np.array([2500.0, 1500.0, 600.0, 500.0, 300.0])
LOAD_MW = 1000.0

Floats = NDArray[np.float64]


def generated_year() -> tuple[Floats, list[Source]]:
    """Return load shape and sources of a year from a fixed seed."""
    rng = np.random.default_rng(1)
    hour = np.arange(HOURS)
    cloud = np.repeat(rng.beta(4, 1.5, HOURS // 24), 24)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) * cloud
    drift = np.zeros(HOURS)
    for t in range(1, HOURS):
        drift[t] = 0.975 * drift[t - 1] + 0.22 * rng.normal()
    wind = 1 / (1 + np.exp(-1.5 * drift + 0.4))
    evening = 16 * np.exp(-(((hour % 24 - 19) / 2.5) ** 2))
    price = 44 + 10 * rng.normal(size=HOURS) + evening - 21 * sun - 14 * (wind - 0.4)
    price += (rng.random(HOURS) < 0.004) * rng.pareto(1.8, HOURS) * 150
    reactor = np.full(HOURS, 0.97)
    reactor[1700:2300] = 0.0
    shape = rng.uniform(0.95, 1.05, HOURS)
    return shape, [
        Source("sun", 0.0, sun, {"clean": 1.0}),
        Source("wind", 0.0, wind, {"clean": 1.0}),
        Source("reactor", 11.0, reactor, {"clean": 1.0}),
        Source("gas", 40.5, 0.95, {"carbon": 0.4}),
        Source("line", np.round(np.clip(price, -50, 4000), 2), 1.0, {"carbon": 0.3}),
    ]


def highs_program(shape: Floats, sources: list[Source], power: float, energy: float) -> Any:
    """Return the linear program of the year with its capacities fixed."""
    flat = np.ones(HOURS)
    cost = [np.asarray(s.usd_per_mwh) * flat for s in sources]
    upper = [
        np.asarray(s.availability) * mw * flat for s, mw in zip(sources, CAPACITIES_MW, strict=True)
    ]
    cost += [UNSERVED_USD_PER_MWH * flat, 0 * flat, 0 * flat, 0 * flat]
    upper += [shape * LOAD_MW, power * flat, power * flat, energy * flat]
    eye = sparse.identity(HOURS, format="csc")
    ahead = (np.arange(HOURS) + 1) % HOURS
    turn = sparse.csc_matrix((flat, (np.arange(HOURS), ahead)), (HOURS, HOURS))
    blank = sparse.csc_matrix((HOURS, HOURS * (len(sources) + 1)))
    empty = sparse.csc_matrix((HOURS, HOURS))
    balance = sparse.hstack([*[eye] * (len(sources) + 1), -eye, eye, empty])
    kept = sparse.hstack([blank, -EFFICIENCY * eye, eye / EFFICIENCY, turn - eye])
    matrix = sparse.csc_matrix(sparse.vstack([balance, kept], format="csc"))
    right = np.concatenate([shape * LOAD_MW, 0 * flat])
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = matrix.shape[1], matrix.shape[0]
    program.col_cost_, program.col_upper_ = np.concatenate(cost), np.concatenate(upper)
    program.col_lower_ = np.zeros(matrix.shape[1])
    program.row_lower_, program.row_upper_ = right, right
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    return program


def median_seconds(call: Callable[[Floats], object], points: Floats) -> float:
    """Return the median seconds of a call over points."""
    seconds = []
    for point in points:
        began = time.perf_counter()
        call(point)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def compare(battery_hours: float, repeats: int) -> dict[str, Any]:
    """Return seconds and agreement of both at one length of battery."""
    power = 1000.0
    energy = power * battery_hours
    shape, sources = generated_year()
    year = SiteYear(
        shape,
        sources,
        charge_efficiency_fraction=EFFICIENCY,
        discharge_efficiency_fraction=EFFICIENCY,
    )
    point = np.concatenate([CAPACITIES_MW, [power, energy]])
    found = year.value(point, LOAD_MW)
    made = year.operate(point, LOAD_MW)
    near = point * np.random.default_rng(2).uniform(0.8, 1.2, (repeats, len(point)))
    value_s = median_seconds(lambda q: year.value(q, LOAD_MW), near)
    operate_s = median_seconds(lambda q: year.operate(q, LOAD_MW), near)
    prices = {"carbon": 60.0, "clean": -10.0}
    priced_s = median_seconds(lambda q: year.value(q, LOAD_MW, prices), near)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(highs_program(shape, sources, power, energy))
    began = time.perf_counter()
    solver.run()
    peer_s = time.perf_counter() - began
    truth = float(solver.getInfo().objective_function_value)
    best = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    difference = max(abs(found.cost_usd[0] / truth - 1), abs(made.unpriced_cost_usd / truth - 1))
    return {
        "case": f"oracle, 8,760 h, battery of {battery_hours:g} h",
        "ours_s": value_s,
        "operate_s": operate_s,
        "priced_s": priced_s,
        "peer": f"highspy {version('highspy')}",
        "peer_s": peer_s,
        "ratio": peer_s / value_s,
        "same_answer": bool(best and difference <= 1e-9),
        "relative_difference": float(difference),
        "peak_mb": peak_mb,
    }


def main() -> int:
    """Run the cases and print them; 1 if an answer differs."""
    parser = argparse.ArgumentParser(description="speed of the site-year oracle")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    lengths = [8.0] if asked.quick else [1.0, 8.0, 40.0, 100.0]
    rows = [compare(length, 20 if asked.quick else 100) for length in lengths]
    for row in rows:
        if asked.json:
            print(json.dumps(row))
        else:
            print(
                f"{row['case']}: {row['ours_s'] * 1e3:.2f} ms "
                f"(with dispatch {row['operate_s'] * 1e3:.2f}, "
                f"priced {row['priced_s'] * 1e3:.2f}), "
                f"{row['peer']} {row['peer_s']:.2f} s, "
                f"{row['ratio']:,.0f} times, differs by {row['relative_difference']:.1e}"
            )
    return 0 if all(row["same_answer"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
