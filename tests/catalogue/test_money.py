"""Dollar years, tax tables, prices by year: against the files they were read from."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from gigaplan import catalogue
from gigaplan.core.errors import InputError


def _rows(path: Path) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())


def test_the_price_index_is_the_reciprocal_of_the_deflator(shared: Path) -> None:
    index = catalogue.price_index()
    for row in _rows(shared / "data/costs/reeds/deflator.csv"):
        year, deflator = int(row["*Dollar.Year"]), float(row["Deflator"])
        assert index.factor(2004, year) == pytest.approx(1 / deflator, rel=2e-6)


def test_a_dollar_of_2022_is_worth_ten_cents_more_in_2025() -> None:
    # 2023 +4.1%, 2024 +2.9%, 2025 +2.6%
    expected = 1.041 * 1.029 * 1.026
    assert catalogue.price_index().factor(2022, 2025) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("years", [5, 7, 15, 20, 39])
def test_a_depreciation_table_writes_off_the_whole_basis(years: int) -> None:
    table = catalogue.macrs_fractions(years)
    assert sum(table) == pytest.approx(1, abs=2e-5 if years != 39 else 1e-7)
    assert len(table) == years + 1, "the half-year convention adds a year"


def test_macrs_five_years_is_the_table_of_the_tax_authority() -> None:
    # IRS Publication 946, table A-1
    assert catalogue.macrs_fractions(5) == (0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576)


@pytest.mark.parametrize("years", [5, 7, 15, 20])
def test_macrs_follows_from_declining_balance_with_a_half_year(years: int) -> None:
    # 200% declining balance for 5 and 7 years, 150% for 15 and 20, then straight line
    rate, left, expected = (2.0 if years < 10 else 1.5) / years, 1.0, []
    for year in range(years + 1):
        declining = left * rate * (0.5 if year == 0 else 1.0)
        rest = years - year + 0.5 if year else years
        straight = left / rest * (0.5 if year == 0 else 1.0)
        share = min(left, max(declining, straight))
        expected.append(share)
        left -= share
    assert catalogue.macrs_fractions(years) == pytest.approx(expected, abs=1.1e-4)


def test_an_unknown_tax_life_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="there are 5, 7, 15, 20, 39"):
        catalogue.macrs_fractions(10)


def test_credits_phase_out_after_2033() -> None:
    credit = catalogue.credit("48e")
    assert credit.investment_fraction == 0.3
    shares = [credit.share_by_start_year(y) for y in (2026, 2033, 2034, 2035, 2036, 2040)]
    assert shares == [1, 1, 0.75, 0.5, 0, 0]
    assert catalogue.credit("45u").share_by_start_year(2040) == 1.0


@pytest.mark.parametrize("name", catalogue.entries("spend_schedule"))
def test_a_construction_schedule_spends_everything(name: str) -> None:
    assert sum(catalogue.construction_spend_fractions(name)) == pytest.approx(1, abs=1e-9)


def test_atb_figures_are_those_of_the_files_in_the_files_dollar_year(shared: Path) -> None:
    folder = shared / "data/costs/reeds"
    dollars = {r["Scenario"]: int(r["Dollar.Year"]) for r in _rows(folder / "dollaryear.csv")}
    cases = [
        ("nuclear_large", "nuclear_ATB_2024_conservative", "Nuclear", 2030),
        ("smr", "nuclear-smr_ATB_2024_moderate", "Nuclear-SMR", 2030),
        ("battery", "battery_ATB_2024_moderate", "battery_li", 2030),
        ("solar", "upv_ATB_2024_moderate", "", 2026),
    ]
    for name, file, tech, year in cases:
        row = next(
            r
            for r in _rows(folder / f"{file}.csv")
            if r.get("i", "") == tech and int(r["t"]) == year
        )
        figure = catalogue.technology(name).figure("overnight_usd_per_kw")
        assert figure.value == pytest.approx(float(row["capcost"]), rel=1e-3), name
        assert figure.base_year == dollars[file], name
    geothermal = catalogue.technology("geothermal").figure("overnight_usd_per_kw")
    assert geothermal.base_year == dollars["geo_ATB_2024_moderate"] == 2021
    wind = next(r for r in _rows(folder / "ons-wind_ATB_2024_moderate.csv") if r["Year"] == "2026")
    assert catalogue.technology("wind").overnight_usd_per_kw == pytest.approx(
        float(wind["Overnight Cap Cost $/kW"]), rel=1e-3
    )


def test_gas_by_market_is_the_outlook_of_its_region(shared: Path) -> None:
    folder = shared / "data/costs/reeds"
    regions = {
        "pjm_aep": "East_North_Central",
        "miso_indiana": "East_North_Central",
        "miso_south": "West_South_Central",
        "ercot_west": "West_South_Central",
        "wecc": "Mountain",
    }
    rows = {int(r["year"]): r for r in _rows(folder / "ng_AEO_2026_baseline.csv")}
    years = range(2025, 2051)
    for name, region in regions.items():
        expected = [float(rows[y][region]) for y in years]
        assert catalogue.market(name).gas_price_path(years) == pytest.approx(expected, abs=6e-5)
        basis = catalogue.market(name).gas_basis_usd_per_mmbtu
        gap = [
            float(rows[y][region]) - float(rows[y]["West_South_Central"]) for y in range(2026, 2041)
        ]
        assert basis == pytest.approx(sum(gap) / len(gap), abs=1e-3)
    reference = [float(rows[y]["West_South_Central"]) for y in years]
    assert catalogue.fuel("gas").price_path(years) == pytest.approx(reference, abs=6e-5)


def test_a_year_without_a_price_is_refused() -> None:
    with pytest.raises(InputError, match="prices for 2025 to 2050, not for 2051"):
        catalogue.fuel("gas").price_path([2050, 2051])
    with pytest.raises(InputError, match="not for 2024"):
        catalogue.market("wecc").gas_price_path([2024])


def test_grid_carbon_and_clean_share_follow_from_the_mix(shared: Path) -> None:
    kg = {"COL": 1044.0, "NG": 440.0, "OIL": 1090.0, "OTH": 500.0}
    for market, area in (("pjm_aep", "PJM"), ("miso_south", "MISO"), ("ercot_west", "ERCO")):
        total = dict.fromkeys(("WND", "SUN", "WAT", "OIL", "NG", "COL", "NUC", "OTH"), 0.0)
        for row in _rows(shared / f"data/grid_mix/{area}_eia930_2022.csv"):
            for source in total:
                total[source] += float(row[source] or 0)
        energy = sum(total.values())
        carbon = sum(total[source] * kg.get(source, 0.0) for source in total) / energy
        clean = sum(total[s] for s in ("WND", "SUN", "WAT", "NUC")) / energy
        found = catalogue.market(market)
        assert found.carbon_kg_per_mwh == pytest.approx(carbon, abs=0.06)
        assert found.clean_share_fraction == pytest.approx(clean, abs=1e-4)


@pytest.mark.parametrize("name", catalogue.entries("market"))
def test_a_market_is_complete(name: str) -> None:
    found = catalogue.market(name)
    assert not [f for f in found.needed_fields() if f not in found.by_field]


def test_forced_outage_by_temperature_is_the_published_table(shared: Path) -> None:
    rows = [
        r
        for r in csv.reader(
            (shared / "data/outages/outage_forced_temperature_murphy2019.csv")
            .read_text(encoding="utf-8-sig")
            .splitlines()
        )
        if r[0] == "combined_cycle"
    ]
    degrees, shares = catalogue.forced_outage_by_temperature("combined_cycle")
    assert degrees == tuple(float(r[1]) for r in rows)
    assert shares == tuple(float(r[2]) for r in rows)
    with pytest.raises(InputError, match="no outage shares by temperature"):
        catalogue.forced_outage_by_temperature("gas_fleet")


def test_company_cash_flow_less_capital_is_its_free_cash_flow() -> None:
    meta = catalogue.entry("company", "meta")
    left = meta.value("operating_cash_flow_usd") - meta.value("capex_usd")
    assert left == pytest.approx(meta.value("free_cash_flow_usd"), abs=0.02e9)
