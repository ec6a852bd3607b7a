"""A made-up run with every table: ten sites, forty projects, 2026 to 2046 by month."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gigaplan.core.statistics import percentiles
from gigaplan.report import RunView

YEARS = range(2026, 2047)
PLAN_YEARS = range(2026, 2036)
MONTHS = [f"{year}-{month:02d}" for year in YEARS for month in range(1, 13)]
DRAWS = 200

SITES: dict[str, tuple[str, float, float, float]] = {
    # title, latitude, longitude, final IT MW
    "existing-fleet": ("Existing fleet", 41.2, -95.9, 3000.0),
    "prometheus": ("Prometheus, Ohio", 40.08, -82.81, 1000.0),
    "hyperion": ("Hyperion, Louisiana", 32.48, -91.68, 5000.0),
    "el-paso": ("El Paso, Texas", 31.9, -106.4, 1000.0),
    "lebanon": ("Lebanon, Indiana", 40.05, -86.47, 1500.0),
    "next-ohio": ("Next campus, Ohio", 39.4, -83.0, 5000.0),
    "next-texas": ("Next campus, Texas", 32.4, -99.7, 8000.0),
    "next-gulf": ("Next campus, Gulf coast", 30.4, -88.6, 4000.0),
    "next-iowa": ("Next campus, Iowa", 41.6, -93.6, 4000.0),
    "next-wyoming": ("Next campus, Wyoming", 41.1, -104.8, 4000.0),
}
PROJECTS: dict[str, tuple[str, str, str, float, str]] = {
    # title, technology, place, MW, status
    "perry": ("Perry (Vistra)", "nuclear_ppa", "pjm-aep", 1268.0, "operating"),
    "clinton": ("Clinton (Constellation)", "nuclear_ppa", "miso-central", 1121.0, "operating"),
    "oklo-pike": ("Oklo Aurora, Pike County", "oklo_aurora", "pjm-aep", 1200.0, "announced"),
    "terrapower": ("TerraPower Natrium", "natrium", "pjm-aep", 690.0, "announced"),
    "ohio-solar": ("Ohio solar", "solar", "pjm-aep", 3000.0, "optional"),
    "texas-wind": ("Texas wind", "wind", "ercot-west", 5000.0, "optional"),
    **{
        f"{site}-{kind}": (f"{words} at {SITES[site][0]}", tech, site, mw, "optional")
        for site in SITES
        for kind, words, tech, mw in (
            ("gas", "Combined cycle", "ccgt", 1500.0),
            ("bridge", "Gas engines", "recip_engine", 400.0),
            ("battery", "Battery", "battery", 600.0),
        )
    },
}
SOURCES = ("grid", "oklo-pike", "perry", "ohio-solar", "texas-wind")


def _bands(samples: np.ndarray[Any, Any]) -> dict[str, float]:
    found = percentiles(samples)
    return {
        "p10": found.p10,
        "p50": found.p50,
        "p90": found.p90,
        "mean": found.mean,
        "standard_error": found.standard_error,
    }


def _online(
    rng: np.random.Generator,
) -> dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Return [month] planned and [month, draw] online IT MW by site."""
    t = np.arange(len(MONTHS))[:, None]
    out = {}
    for i, (site, (_, _, _, final)) in enumerate(SITES.items()):
        start, width = 6 + 9 * i, 50
        late = rng.gamma(2.0 + 0.4 * i, 5.0, DRAWS)
        ramp = np.clip((t - start) / width, 0, 1)
        out[site] = (
            final * ramp[:, 0],
            final * np.clip((t - start - late) / (width * rng.uniform(1, 1.6, DRAWS)), 0, 1),
        )
    out["programme"] = (
        np.sum([planned for planned, _ in out.values()], axis=0),
        np.sum([online for _, online in out.values()], axis=0),
    )
    return out


def _bottlenecks(rng: np.random.Generator) -> pd.DataFrame:
    names = ("none", "permission", "hall", "chips", "connection", "power")
    rows = []
    for site in ("programme", *SITES):
        weights = rng.uniform(0.2, 1.0, len(names))
        for m, month in enumerate(MONTHS):
            share = weights * np.array(
                [1 + m / 40, 1, 2, 1, 2, 2 * np.exp(-(((m - 70) / 50) ** 2))]
            )
            rows += [
                {"month": month, "site": site, "bottleneck": n, "share_fraction": float(s)}
                for n, s in zip(names, share / share.sum(), strict=True)
            ]
    return pd.DataFrame(rows)


def _shift(month: str, by: float) -> str | None:
    at = MONTHS.index(month) + round(by)
    return MONTHS[at] if at < len(MONTHS) else None


def _entities(rng: np.random.Generator) -> pd.DataFrame:
    rows = []

    def add(kind: str, owner: str, name: str, title: str, site: str, **more: Any) -> None:
        planned, usd = more.pop("month"), more.pop("usd")
        late = rng.uniform(0, 10)
        place = SITES.get(site)
        rows.append(
            {
                "kind": kind,
                "owner": owner,
                "name": name,
                "title": title,
                "site": site,
                **more,
                "latitude": place[1] if place else None,
                "longitude": place[2] if place else None,
                "planned_month": planned,
                "p10_month": _shift(planned, late),
                "p50_month": _shift(planned, 8 + 2 * late),
                "p90_month": _shift(planned, 30 + 8 * late),
                "online_probability": rng.uniform(0.6, 1.0),
                "planned_usd": usd,
                "p10_usd": 0.9 * usd,
                "p50_usd": 1.2 * usd,
                "p90_usd": 2.1 * usd,
            }
        )

    for i, (site, (title, _, _, final)) in enumerate(SITES.items()):
        for p in range(4):
            month = MONTHS[12 + 9 * i + 12 * p]
            add(
                "phase",
                site,
                f"{p + 1}",
                f"{title}, {p + 1}",
                site,
                month=month,
                usd=final / 4 * 12e6,
                technology="",
                status="announced",
                mw=final / 4,
            )
        add(
            "accelerator",
            site,
            "vr200",
            f"vr200 at {title}",
            site,
            month=MONTHS[20 + 9 * i],
            usd=final * 25e6,
            technology="",
            status="",
            mw=final,
        )
        add(
            "connection",
            site,
            site,
            f"Connection at {title}",
            site,
            month=MONTHS[14 + 9 * i],
            usd=final * 1e5,
            technology="",
            status="",
            mw=final,
        )
    for j, (name, (title, tech, place, mw, status)) in enumerate(PROJECTS.items()):
        units = 8 if name == "oklo-pike" else 2
        for u in range(units):
            add(
                "unit",
                name,
                f"{name} {u + 1}",
                title,
                place,
                month=MONTHS[24 + j + 12 * u],
                usd=mw / units * 3e6,
                technology=tech,
                status=status,
                mw=mw / units,
            )
    return pd.DataFrame(rows)


def _yearly(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return operations, energy and planned energy."""
    operations, energy, planned = [], [], []
    for i, year in enumerate(PLAN_YEARS):
        for site in ("programme", *SITES):
            share = 10.0 if site == "programme" else 1.0
            load = share * 2e6 * (1 + i)
            operations.append(
                {
                    "year": year,
                    "site": site,
                    "lolh_hours": rng.gamma(2, 4),
                    "lolh_hours_standard_error": 0.4,
                    "eue_mwh": load * 1e-4,
                    "eue_mwh_standard_error": load * 1e-5,
                    "clean_share_hourly": 0.35 + 0.02 * i,
                    "clean_share_hourly_standard_error": 0.004,
                    "clean_share_annual": 0.5 + 0.03 * i,
                    "clean_share_annual_standard_error": 0.004,
                    "water_m3": load * 0.3,
                    "co2_t": load * 0.25,
                    "load_mwh": load,
                    "cost_usd": load * 62,
                    "lost_compute_fraction_firm": 2e-4,
                    "lost_compute_fraction_training": 9e-4,
                }
            )
            if site == "programme":
                continue
            names = (*SOURCES, f"{site}-gas", f"{site}-bridge", f"{site}-battery")
            parts = rng.dirichlet(np.ones(len(names)))
            for name, part in zip(names, parts, strict=True):
                energy.append({"year": year, "site": site, "source": name, "mwh": load * part})
                planned.append(
                    {"year": year, "site": site, "source": name, "mwh": 1.1 * load * part}
                )
            energy.append({"year": year, "site": site, "source": "unserved", "mwh": load * 1e-4})
    return pd.DataFrame(operations), pd.DataFrame(energy), pd.DataFrame(planned)


def _months() -> pd.DataFrame:
    """Return the months of every site and planning year."""
    season = np.cos(np.arange(12) / 12 * 2 * np.pi)
    return pd.DataFrame(
        [
            {
                "year": year,
                "site": site,
                "month": month + 1,
                "clean_share_hourly": 0.4 + 0.1 * season[month],
                "clean_share_monthly": 0.5 + 0.1 * season[month],
                "eue_mwh": 40.0 * (1 + season[month]),
                "eue_mwh_standard_error": 4.0,
                "water_m3": 2e5 * (1.5 - season[month]),
                "co2_t": 1e5,
                "load_mwh": 2e5,
            }
            for year in PLAN_YEARS
            for site in ("programme", *SITES)
            for month in range(12)
        ]
    )


def _dispatch() -> pd.DataFrame:
    rows = []
    hours = np.arange(168)
    for site, (_, _, _, final) in SITES.items():
        sun = np.clip(np.sin((hours % 24 - 6) / 12 * np.pi), 0, None) * 0.5
        for window in ("typical_week", "worst_event"):
            gas = np.where((window == "worst_event") & (hours % 100 > 80), 0.1, 0.4)
            load = 1.1 + 0.1 * np.sin(hours / 24 * 2 * np.pi)
            grid = np.clip(load - sun - gas, 0, 0.6)
            short = load - sun - gas - grid
            for name, mw in (
                ("ohio-solar", sun),
                (f"{site}-gas", gas),
                ("grid", grid),
                ("unserved", np.clip(short, 0, None)),
                ("load", load),
            ):
                rows += [
                    {
                        "site": site,
                        "year": 2030,
                        "window": window,
                        "hour": int(h),
                        "source": name,
                        "mw": float(final * x),
                    }
                    for h, x in zip(hours, mw, strict=True)
                ]
    return pd.DataFrame(rows)


def _money(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    capex, cash, statements = [], [], []
    for i, year in enumerate(YEARS):
        size = 2.4e11 * np.exp(-(((i - 5) / 5) ** 2))
        draws = {
            group: size * share * rng.lognormal(0, 0.25, DRAWS)
            for group, share in (
                ("hall", 0.2),
                ("servers", 0.6),
                ("power", 0.15),
                ("connection", 0.05),
            )
        }
        for group, values in {**draws, "total": np.sum(list(draws.values()), axis=0)}.items():
            planned = float(size) * 0.9 if group == "total" else None
            capex.append({"year": year, "group": group, "planned_usd": planned, **_bands(values)})
        for side, items in (
            ("source", ("revenue", "operating cash flow", "bonds drawn", "hyperion venture")),
            ("use", ("capital", "energy", "running cost", "interest", "tax")),
        ):
            for item in items:
                values = size * rng.uniform(0.1, 0.5) * rng.lognormal(0, 0.2, DRAWS)
                cash.append({"year": year, "side": side, "item": item, **_bands(values)})
        for statement, lines in (
            ("income", ("revenue", "energy", "net income")),
            ("cash_flow", ("cash from operations", "free cash flow", "change of cash")),
            ("balance_sheet", ("cash", "total assets", "total liabilities", "equity")),
            ("ratios", ("debt over EBITDA",)),
        ):
            for line in lines:
                values = rng.normal(2.0 if statement == "ratios" else size, 0.5, DRAWS)
                statements.append(
                    {"year": year, "statement": statement, "line": line, **_bands(values)}
                )
    gap = [
        {
            "quarter": f"{y}-Q{q}",
            **_bands(3e10 * np.exp(-abs(y - 2030)) * rng.lognormal(0, 1, DRAWS)),
        }
        for y in YEARS
        for q in range(1, 5)
    ]
    return {
        "capex": pd.DataFrame(capex),
        "cash": pd.DataFrame(cash),
        "statements": pd.DataFrame(statements),
        "funding_gap": pd.DataFrame(gap),
        "fleet": pd.DataFrame(
            [
                {
                    "year": y,
                    "accelerator": name,
                    **_bands(share * 400.0 * (y - 2025) * rng.lognormal(0, 0.1, DRAWS)),
                    "mean_chips": share * 2e5 * (y - 2025),
                    "mean_peak_exaflops": share * 900.0 * (y - 2025),
                }
                for y in YEARS
                for name, share in (("gb300", 0.6), ("next-2028", 0.4))
            ]
        ),
        "rating_limits": pd.DataFrame(
            [
                {
                    "year": y,
                    "limit": limit,
                    "value": value,
                    "broken_fraction": 0.02 * (y - 2026),
                    "standard_error": 0.001,
                }
                for y in YEARS
                for limit, value in (("debt_to_ebitda_max", 2.5), ("ebitda_to_interest_min", 8.0))
            ]
        ),
        "stated_capital": pd.DataFrame(
            [
                {
                    "name": name,
                    "title": title,
                    "first_year": 2026,
                    "last_year": last,
                    "low_usd": low,
                    "high_usd": high,
                    **_bands(0.8 * low * rng.lognormal(0, 0.2, DRAWS)),
                    "below_fraction": 0.8,
                    "above_fraction": 0.1,
                }
                for name, title, last, low, high in (
                    ("guidance", "Capital guided to for 2026", 2026, 115e9, 135e9),
                    ("pledge", "US investment through 2028", 2028, 600e9, 600e9),
                )
            ]
        ),
    }


def make_tables(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    online = _online(rng)
    operations, energy, planned = _yearly(rng)
    money = _money(rng)
    total_planned, total = online["programme"]
    targets = []
    for year, target in zip(
        PLAN_YEARS, (3600, 4500, 7500, 12e3, 18e3, 22e3, 26e3, 28e3, 30e3, 32e3), strict=True
    ):
        at = MONTHS.index(f"{year}-12")
        chance = float(np.mean(total[at] >= target))
        bands = {k: v for k, v in _bands(total[at]).items() if k.startswith("p")}
        targets.append(
            {
                "year": year,
                "target_it_mw": float(target),
                "planned_it_mw": total_planned[at],
                **bands,
                "probability": chance,
                "standard_error": (chance * (1 - chance) / DRAWS) ** 0.5,
            }
        )
    entities = _entities(rng)
    decisions = entities[["kind", "title", "site", "mw"]].assign(
        name=entities["owner"],
        units=1.0,
        capex_usd=entities["planned_usd"],
        contract="own",
        year=entities["planned_month"].str[:4].astype(int),
    )
    prices = [
        ("power_price", "hyperion", 61.0, "usd_per_mwh"),
        ("connection", "prometheus", 4.1e5, "usd_per_mw_year"),
        ("target", "programme", 8.4e6, "usd_per_it_mw_year"),
        ("spend_limit", "programme", 0.31, "usd_per_usd"),
        ("slots", "gas-turbines", 5.5e5, "usd_per_mw"),
        ("clean_share", "programme", 12.0, "usd_per_mwh"),
        ("reserve", "pjm-aep", 3.3e4, "usd_per_mw_year"),
    ]
    metrics = [
        ("npv_usd", "USD", 4e11),
        ("required_revenue_usd_per_gw_year", "USD per GW-year", 11.2e9),
        ("funding_gap_usd", "nominal USD", 3.1e10),
        ("peak_debt_usd", "nominal USD", 2.2e11),
        ("lcoe_usd_per_mwh", "USD per MWh", 58.0),
        ("cost_usd_per_gpu_hour", "USD per GPU-hour", 2.61),
        ("capex_usd", "USD", 1.9e12),
    ]
    return {
        "online": pd.DataFrame(
            [
                {"month": m, "site": s, "planned_it_mw": float(p[i]), **_bands(x[i])}
                for s, (p, x) in online.items()
                for i, m in enumerate(MONTHS)
            ]
        ),
        "bottlenecks": _bottlenecks(rng),
        "targets": pd.DataFrame(targets),
        "entities": entities,
        "decisions": decisions,
        "shadow_prices": pd.DataFrame(
            [
                {"kind": k, "entity": e, "year": y, "value": v * (1 + 0.1 * (y - 2026)), "unit": u}
                for k, e, v, u in prices
                for y in PLAN_YEARS
            ]
        ),
        "operations": operations,
        "operations_months": _months(),
        "energy": energy,
        "planned_energy": planned,
        "dispatch": _dispatch(),
        **money,
        "metrics": pd.DataFrame(
            [
                {"metric": n, "unit": u, **_bands(v * rng.lognormal(0, 0.1, DRAWS)), "reason": ""}
                for n, u, v in metrics
            ]
            + [{"metric": "irr", "unit": "per year", "reason": "no revenue is stated."}]
        ),
        "cost_split": pd.DataFrame(
            [
                {"component": c, "usd_per_gw_year": v}
                for c, v in (
                    ("servers", 6.9e9),
                    ("hall", 1.5e9),
                    ("power", 0.9e9),
                    ("connection", 0.1e9),
                    ("energy", 0.6e9),
                    ("running cost", 0.4e9),
                    ("property tax", 0.2e9),
                    ("credits", -0.2e9),
                    ("tax", 0.8e9),
                )
            ]
        ),
        "draws": pd.DataFrame(
            {
                "draw": range(DRAWS),
                "required_revenue_usd_per_gw_year": 8e9 * rng.lognormal(0, 0.15, DRAWS),
                "cost_usd_per_gpu_hour": 3.7 * rng.lognormal(0, 0.15, DRAWS),
            }
        ),
        "drivers": pd.DataFrame(
            [
                {"output": o, "factor": f, "share_fraction": float(s), "standard_error": 0.01}
                for o in ("online_it_mw_2030", "capex_usd", "required_revenue_usd_per_gw_year")
                for f, s in zip(
                    (
                        "Oklo Aurora, Pike County: date",
                        "Halls of Hyperion: date",
                        "Chips of Prometheus: cost",
                        "TerraPower Natrium: cost",
                        "Ohio solar: date",
                    ),
                    rng.dirichlet(np.ones(5)),
                    strict=True,
                )
            ]
        ),
    }


def make_summary(tables: dict[str, pd.DataFrame], title: str) -> dict[str, Any]:
    total = tables["online"].query("site == 'programme'")
    metrics = tables["metrics"].set_index("metric")
    bands = ["p10", "p50", "p90", "mean", "standard_error"]
    capex = tables["capex"].query("group == 'total'")
    share = tables["bottlenecks"].query("site == 'programme'")
    return {
        "schema_version": 1,
        "run_id": "0123456789ab",
        "programme": "synthetic",
        "title": title,
        "gigaplan_version": "0.1.0",
        "created": "2026-11-23T12:00:00Z",
        "seed": 7,
        "base_year": 2025,
        "weather_years": 3,
        "capex_limit": {
            "usd_by_year": {str(y): 2.2e11 for y in PLAN_YEARS},
            "cumulative_usd": 6e11,
            "through": 2028,
        },
        "draws": DRAWS,
        "weather_kind": "generated",
        "plan": {
            "objective_usd": 8.1e11,
            "bound_usd": 8.06e11,
            "gap": 0.005,
            "status": "optimal",
            "decisions": tables["decisions"].to_dict("records"),
            "notes": ["Four representative days a year; their error on yearly energy is 1.2%."],
        },
        "delivery": {
            "months": MONTHS,
            "online_it_mw": {k: total[k].tolist() for k in ("p10", "p50", "p90")},
            "target_probability": {
                str(r.year): {
                    "probability": r.probability,
                    "standard_error": r.standard_error,
                    "target_it_mw": r.target_it_mw,
                }
                for r in tables["targets"].itertuples()
            },
            "bottleneck_share": {
                str(n): g["share_fraction"].tolist() for n, g in share.groupby("bottleneck")
            },
        },
        "operations": {
            "by_period": tables["operations"]
            .query("site == 'programme'")
            .drop(
                columns=[
                    "site",
                    "cost_usd",
                    "lost_compute_fraction_firm",
                    "lost_compute_fraction_training",
                ]
            )
            .to_dict("records")
        },
        "finance": {
            "capex_usd_by_year": {
                str(r["year"]): {b: r[b] for b in bands} for r in capex.to_dict("records")
            },
            "irr": None,
            "irr_reason": "no revenue is stated.",
            **{
                n: metrics.loc[n, bands].astype(float).to_dict()
                for n in ("funding_gap_usd", "npv_usd", "required_revenue_usd_per_gw_year")
            },
        },
        "seconds": {"weather": 1.4, "plan": 31.0, "deliver": 6.2, "operate": 14.1, "finance": 5.0},
    }


def make_figures() -> list[dict[str, Any]]:
    return [
        {
            "field": f"power.project-{i}.overnight_usd_per_kw",
            "value": 1200.0 + 10 * i,
            "unit": "USD/kW",
            "origin": "catalogue" if i % 2 else "programme",
            "mark": ("stated", "derived", "assumed")[i % 3],
            "source_title": f"Annual technology baseline, table {i}",
            "source_url": "https://example.org/atb" if i % 4 else "",
            "low": 1000.0 if i % 2 else None,
            "high": 2000.0 if i % 2 else None,
            "note": "overnight, 2022 USD moved to 2025" if i % 5 == 0 else "",
        }
        for i in range(300)
    ]


def write_run(folder: Path, title: str = "A synthetic programme", seed: int = 7) -> Path:
    """Write a run folder and return it."""
    tables = make_tables(np.random.default_rng(seed))
    (folder / "tables").mkdir(parents=True)
    for name, table in tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    summary = make_summary(tables, title)
    inputs: dict[str, Any] = {f"sites.{s}.title": v[0] for s, v in SITES.items()}
    for name, value in (("run", summary), ("figures", make_figures()), ("inputs", inputs)):
        (folder / f"{name}.json").write_text(json.dumps(value, allow_nan=False), "utf-8")
    return folder


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run") / "0123456789ab")


@pytest.fixture
def view(run_folder: Path) -> RunView:
    return RunView.load(run_folder)


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    def make(**changes: Any) -> Path:
        return write_run(tmp_path_factory.mktemp("run") / "run", **changes)

    return make
