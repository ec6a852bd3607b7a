"""What can be afforded with a rating's limits, and the cheapest fill of a gap."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gigaplan.core.errors import InputError
from gigaplan.programme.bundled import copy_bundled
from gigaplan.study import Settings, afford, fill

SETTINGS = Settings(draws=60, weather_years=1, threads=2)
POORER = {
    "value: 9 billion USD": "value: 4 billion USD",
    "value: 7 billion USD": "value: 3 billion USD",
}


def campus(folder: Path, changes: dict[str, str]) -> Path:
    path = copy_bundled("one-campus", folder)
    text = path.read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def afforded(tmp_path_factory: pytest.TempPathFactory) -> afford.Afforded:
    rating = {"\ncompany:\n": "\ncompany:\n  rating: {debt_to_ebitda_max: 2.5 times}\n"}
    folder = campus(tmp_path_factory.mktemp("afford") / "campus", POORER | rating)
    return afford.afford(folder, SETTINGS)


def test_a_plan_is_cut_until_the_limits_hold_in_nine_of_ten_worlds(
    afforded: afford.Afforded,
) -> None:
    assert max(year.first_broken_fraction for year in afforded.years) > 0.1
    assert afforded.holds
    assert afforded.rounds > 1
    assert max(year.broken_fraction for year in afforded.years) <= 0.1
    last = afforded.years[-1]
    assert last.usd < last.first_usd
    assert last.it_mw < last.first_it_mw
    limits = [year.limit_usd for year in afforded.years if year.limit_usd is not None]
    assert limits == sorted(limits)
    assert all(y.usd <= y.limit_usd * (1 + 1e-6) for y in afforded.years if y.limit_usd is not None)


def test_what_can_be_afforded_fits_a_terminal_and_tells_what_to_write(
    afforded: afford.Afforded,
) -> None:
    text = afford.as_text(afforded)
    assert max(map(len, text.splitlines())) <= 80
    assert "cumulative_usd_by_year" in text
    assert json.loads(json.dumps(afford.as_json(afforded)))["afforded"]["holds"]


def test_a_company_without_limits_is_told_where_to_write_them() -> None:
    with pytest.raises(InputError, match=r"company\.rating: the company has no limits"):
        afford.afford("one-campus", SETTINGS)


MORE = """
  dear:
    kind: bond
    title: Dear bonds
    max_usd_per_year: 50 billion USD
    max_usd_total: 90 billion USD
    rate_fraction: 9%
    tenor_years: 25 years
    first: 2026-01
  never:
    kind: bond
    title: Bonds that nobody needs
    max_usd_per_year: 50 billion USD
    max_usd_total: 90 billion USD
    rate_fraction: 12%
    tenor_years: 10 years
    first: 2026-01
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> fill.Fill:
    # the dear ones stand first in the file, the cheap ones are too few
    poorer = {"value: 9 billion USD": "value: 5 billion USD"}
    few = {"value: 20 billion USD": "value: 4 billion USD"}
    more = {"\ninstruments:\n": "\ninstruments:" + MORE}
    folder = campus(tmp_path_factory.mktemp("fill") / "campus", poorer | few | more)
    return fill.fill_gap(folder, SETTINGS)


def test_a_gap_is_filled_with_the_cheapest_first_and_no_more_than_it_needs(
    filled: fill.Fill,
) -> None:
    names = [source.name for source in filled.sources]
    assert names.index("bonds") < names.index("dear") < names.index("never")
    costs = [s.cost_fraction for s in filled.sources if s.cost_fraction is not None]
    assert costs == sorted(costs)
    by_name = {source.name: source for source in filled.sources}
    assert by_name["bonds"].needed
    assert by_name["dear"].needed
    assert not by_name["never"].needed
    gaps = [filled.alone_p90_usd] + [source.gap_p90_usd for source in filled.sources]
    assert gaps == sorted(gaps, reverse=True)
    assert filled.holds
    assert all(quarter.filled_usd <= quarter.alone_usd + 1 for quarter in filled.quarters)


def test_a_fill_fits_a_terminal(filled: fill.Fill) -> None:
    text = fill.as_text(filled)
    assert max(map(len, text.splitlines())) <= 80
    assert "not needed" in text
    assert json.loads(json.dumps(fill.as_json(filled)))["fill"]["holds"]
