"""The fitted overruns reproduce the published means and tails."""

from __future__ import annotations

from math import erf, exp, log, sqrt
from pathlib import Path

import pytest

from gigaplan import catalogue

NAMES = [n for n in catalogue.entries("reference_class") if n != "none"]


@pytest.mark.parametrize("name", NAMES)
def test_the_lognormal_has_the_published_mean_and_tail_share(name: str) -> None:
    found = catalogue.reference_class(name)
    assert exp(found.mu + found.sigma**2 / 2) == pytest.approx(found.mean, rel=2e-3)
    over = 0.5 * (1 - erf((log(1.5) - found.mu) / (found.sigma * sqrt(2))))
    assert over == pytest.approx(found.tail_share_fraction, abs=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_body_and_tail_together_have_the_published_mean(name: str) -> None:
    found = catalogue.reference_class(name)
    share = found.tail_share_fraction
    whole = share * found.tail_mean + (1 - share) * found.body_mean
    assert whole == pytest.approx(found.mean, abs=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_the_pareto_tail_has_the_published_mean(name: str) -> None:
    found = catalogue.reference_class(name)
    if found.alpha is None or found.threshold is None:
        assert name == "solar"
        assert found.alpha is found.threshold is None
        return
    assert found.alpha > 1, "a tail without a mean"
    mean = found.threshold * found.alpha / (found.alpha - 1)
    assert mean == pytest.approx(found.tail_mean, rel=0.01)


def test_what_could_not_be_verified_is_marked_assumed() -> None:
    for name in NAMES:
        found = catalogue.reference_class(name)
        assert found.figure("tail_share_fraction").mark == "assumed"
        assert found.figure("tail_mean").mark == "assumed"
    for name in ("nuclear", "thermal", "wind", "solar"):
        assert catalogue.reference_class(name).figure("mean").mark == "stated"


def test_a_contract_on_a_standing_plant_has_no_overrun() -> None:
    none = catalogue.reference_class("none")
    assert (none.mean, none.mu, none.sigma, none.schedule_mean) == (1, 0, 0, 1)


def test_nuclear_durations_agree_with_the_reactors_built(shared: Path) -> None:
    import csv
    from datetime import datetime

    rows = csv.DictReader(
        (shared / "data/nuclear/reactors_geonucleardata.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    years = []
    for row in rows:
        start, end = row["ConstructionStartAt"], row["OperationalFrom"]
        if start and end:
            begun = datetime.fromisoformat(start[:10])
            if begun.year >= 1990 and "China" not in "".join(row.values()):
                years.append((datetime.fromisoformat(end[:10]) - begun).days / 365.25)
    months = sorted(12 * y for y in years if y > 0)
    construct = catalogue.technology("nuclear_large").stages["construct"]
    commission = catalogue.technology("nuclear_large").stages["commission"]
    assert construct.high is not None
    assert commission.high is not None
    median = months[len(months) // 2]
    p90 = months[int(0.9 * len(months))]
    assert construct.value + commission.value == pytest.approx(median, rel=0.2)
    assert construct.high + commission.high == pytest.approx(p90, rel=0.2)
