"""The answers of a run to the questions a plan must answer, and what was assumed for it.

Reads a run folder and prints Markdown: the assumptions that stand in the programme as written
(marked assumed, or derived with an assumption in the note), and one line or more for each of the
questions 1 to 7 of the design, with figures and the table each is from.

Run ``python benchmarks/meta_compute_answers.py RUN_FOLDER [assumptions | answers]``; without a
part it prints both. ``... answers | python benchmarks/into_docs.py docs/meta-compute.md answers``
puts one into the docs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SECTIONS = {
    "planning": "Planning",
    "target": "Target",
    "spend_limit": "Spending",
    "policy": "Policy",
    "sites": "Sites and connections",
    "campuses": "Campuses",
    "accelerators": "Chips",
    "power": "Power",
    "slots": "Scarce deliveries",
    "company": "The company",
    "instruments": "Instruments",
    "finance": "Money",
}


class Run:
    """A run folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))

    def table(self, name: str) -> Any:
        """Return one table as a pandas DataFrame."""
        import pandas as pd

        return pd.read_parquet(self.folder / "tables" / f"{name}.parquet")

    def row(self, name: str, **where: Any) -> dict[str, Any]:
        """Return the one row of a table that has these values."""
        found = self.table(name)
        for column, value in where.items():
            found = found[found[column] == value]
        record: dict[str, Any] = found.iloc[0].to_dict()
        return record


# --- what was assumed -------------------------------------------------------------------------


def assumptions(run: Run) -> str:
    """Return the programme's assumptions as Markdown tables, one for each section."""
    from ruamel.yaml import YAML

    written = YAML(typ="safe").load((run.folder / "programme.yaml").read_text("utf-8"))
    out = []
    for key, title in SECTIONS.items():
        merged: dict[tuple[str, str, str], list[str]] = {}
        for path, value, note in _assumed(written.get(key, {}), ()):
            owner = path[0] if len(path) > 1 else ""
            field = ".".join(path[1:] or path)
            merged.setdefault((field, value, note), []).append(owner)
        if not merged:
            continue
        out += [f"**{title}**\n", "| field | of | value | note |", "|---|---|---|---|"]
        for (field, value, note), owners in merged.items():
            names = ", ".join(filter(None, owners))
            out.append(f"| `{field}` | {names} | {value} | {note} |")
        out.append("")
    return "\n".join(out)


def _assumed(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if not isinstance(node, Mapping):
        return
    if "value" in node:
        note = str(node.get("note", "")).strip()
        mark = node.get("mark", "stated")
        if mark == "assumed" or (mark == "derived" and "assumed" in note):
            span = [str(node[k]) for k in ("low", "high") if k in node]
            ends = f" ({' to '.join(span)})" if span else ""
            yield path, _text(node["value"]) + ends, note.replace("|", "/")
        elif "assumed" in note:
            yield path, _text(node["value"]), note.replace("|", "/")
        return
    for key, child in node.items():
        yield from _assumed(child, (*path, str(key)))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    if not isinstance(value, Mapping):
        return str(value)
    if "it_mw" in value:
        return f"{value['name']} {value['it_mw']} from {value['earliest']}"
    if "start" in value:
        return f"{value['mw']} from {value['start']}"
    return ", ".join(f"{key}: {_text(child)}" for key, child in value.items())


# --- what the run answers ---------------------------------------------------------------------


def answers(run: Run) -> str:
    """Return the answers to questions 1 to 7, a list item each."""
    parts = (_build, _online, _why_late, _cost, _month, _hours, _clean, _deals, _paid, _earn)
    s = run.summary
    head = (
        f"Run of {s['draws']:,} draws, {s['weather_years']} weather years, seed {s['seed']}, "
        f"{s['weather_kind']} weather. Spans are P10 to P90 of the draws, ± is one standard "
        "error.\n\n"
    )
    return head + "\n".join(f"- **{title}** {text}" for title, text in (p(run) for p in parts))


def _build(run: Run) -> tuple[str, str]:
    plan, made = run.summary["plan"], run.table("decisions")
    entities = run.table("entities")
    of = dict(zip(entities.owner, entities.technology, strict=True))
    units = made[made.kind == "unit"]
    power = units.groupby(units.name.map(of)).mw.sum().sort_values(ascending=False)
    halls = made[(made.kind == "phase")].groupby("site").mw.sum().sort_values(ascending=False)
    chips = made[made.kind == "accelerator"].groupby("name").mw.sum()
    energy = run.table("energy")
    last = energy[(energy.year == energy.year.max()) & (energy.site == "programme")]
    share = last[last.source == "grid"].mwh.sum() / last.mwh.sum()
    return "1 What to build.", (
        f"{halls.sum() / 1e3:.1f} GW of IT by {made.year.max()}: "
        + ", ".join(f"{site} {mw / 1e3:.1f}" for site, mw in halls.items())
        + "; power beside the grid, GW: "
        + ", ".join(f"{name} {mw / 1e3:.1f}" for name, mw in power.items())
        + f"; of the energy delivered in {last.year.max()}, {share:.0%} is bought on the market; "
        "chips bought, those that wear out bought again, GW of IT: "
        + ", ".join(f"{name} {mw / 1e3:.1f}" for name, mw in chips.items())
        + f". Discounted cost {_bn(plan['objective_usd'])}, proven within {plan['gap']:.1%} "
        "(`decisions`, `energy`)."
    )


def _online(run: Run) -> tuple[str, str]:
    targets = run.table("targets")
    shown = targets[targets.year.isin([2026, 2028, 2030, targets.year.max()])]
    return "2 How much is online.", "; ".join(
        f"end {r.year}: P50 {r.p50 / 1e3:.1f} GW ({r.p10 / 1e3:.1f} to {r.p90 / 1e3:.1f}) of "
        f"{r.planned_it_mw / 1e3:.1f} planned, chance of the {r.target_it_mw / 1e3:.1f} GW target "
        f"{_chance(r.probability, r.standard_error, run.summary['draws'])}"
        for r in shown.itertuples()
    ) + " (`targets`)."


def _why_late(run: Run) -> tuple[str, str]:
    found = run.table("bottlenecks")
    found = found[(found.site == "programme") & (found.bottleneck != "none")]
    told = []
    for month in ("2028-12", "2030-12", "2035-12"):
        top = found[found.month == month].sort_values("share_fraction", ascending=False)
        top = top[top.share_fraction >= 0.01]
        told.append(
            f"{month} "
            + ", ".join(f"{r.bottleneck} {r.share_fraction:.0%}" for r in top.itertuples())
        )
    spread = run.table("spread")
    causes = spread[spread.output == "online_it_mw_2030"].head(3)
    shares = ", ".join(
        f"{r.cause} {r.shapley:.0%} ± {r.shapley_standard_error:.0%}" for r in causes.itertuples()
    )
    relief = run.table("relief")
    gains = relief[(relief.year == 2030) & (relief.relieved != "all")]
    best = gains.sort_values("gain_it_mw", ascending=False).iloc[0]
    return "2 What is in the way.", (
        "share of sites and draws held up: " + "; ".join(told) + " (`bottlenecks`). If no "
        f"{best.relieved} were late, {best.gain_it_mw / 1e3:.1f} ± "
        f"{best.standard_error / 1e3:.1f} GW more would be online at the end of 2030, the most of "
        f"any one thing (`relief`). Its spread is shared out as {shares} (`spread`)."
    )


def _cost(run: Run) -> tuple[str, str]:
    capex = run.table("capex")
    total = capex[capex.group == "total"]
    end = run.table("targets").year.max()
    planned = total[total.year <= end].planned_usd.sum()
    # a plan that slips spends later: compare over all years bought for, less what is bought again
    spent = total[total.year <= end]["mean"].sum()
    error = (total[total.year <= end].standard_error ** 2).sum() ** 0.5
    entities = run.table("entities")
    halls = entities[(entities.kind == "phase") & (entities.planned_usd > 0)]
    over = halls.p50_usd.sum() / halls.planned_usd.sum() - 1
    oklo = entities[entities.owner == "oklo-pike"]
    first = oklo.sort_values("planned_month").iloc[0]
    return "3 What it really costs.", (
        f"capital to the end of {end} {_bn(spent)} (mean, ± under {_bn(error * 3)}) for a plan of "
        f"{_bn(planned)}, but for less compute; a planned hall's P50 cost is {over:+.0%} of its "
        f"estimate (`capex`, `entities`). Oklo's first unit: planned {first.planned_month}, "
        f"P10 {first.p10_month}, P50 {first.p50_month or 'never'}, "
        f"P90 {_month_text(first.p90_month)}, ever online {first.online_probability:.0%} "
        "(`entities`)."
    )


def _month(run: Run) -> tuple[str, str]:
    prices = run.table("shadow_prices")
    target = prices[prices.kind == "target"].set_index("year").value
    energy = run.table("planned_energy")
    opened = energy[energy.mwh > 1000].groupby("site").year.min()
    # before a site runs, a MW of connection to it is of no use by itself
    links = prices[(prices.kind == "connection") & (prices.value > 0)]
    links = links[links.year >= links.entity.map(opened)]
    best = links.sort_values("value", ascending=False).head(1)
    told = "; ".join(
        f"{year} {target[year] / 12 / 1e3:,.0f}" for year in (2028, 2030, target.index.max())
    )
    link = "".join(
        f" A MW of connection alone is worth most at {r.entity} in {r.year}: "
        f"{r.value / 12 / 1e3:,.1f} thousand USD a month."
        for r in best.itertuples()
    )
    sooner = run.table("month_earlier").head(3)
    worth = ", ".join(
        f"{r.kind} {r.owner} {r.usd / 1e9:.2f} ± {r.usd_standard_error / 1e9:.2f} bn USD"
        for r in sooner.itertuples()
    )
    return "3 A month earlier.", (
        f"all of a thing a month earlier, in the draws: {worth} (`month_earlier`). In the plan, "
        f"the target's price, thousand USD per IT MW and month: {told}; it stops at what missing "
        f"compute is taken to cost.{link} (`shadow_prices`)."
    )


def _hours(run: Run) -> tuple[str, str]:
    found = run.table("operations")
    told = []
    for year in (2030, found.year.max()):
        r = found[(found.year == year) & (found.site == "programme")].iloc[0]
        told.append(
            f"{year}: LOLH {r.lolh_hours:.1f} ± {r.lolh_hours_standard_error:.1f} h, unserved "
            f"{r.eue_mwh:,.0f} ± {r.eue_mwh_standard_error:,.0f} MWh of "
            f"{r.load_mwh / 1e6:,.0f} TWh, training lost "
            f"{r['lost_compute_fraction_pausable training'] * 1e6:,.0f} per million hours, firm "
            f"inference {r['lost_compute_fraction_firm inference'] * 1e6:,.0f}"
        )
    last = found[(found.year == found.year.max()) & (found.site != "programme")]
    worst = last.sort_values("lolh_hours", ascending=False).iloc[0]
    return "4 Is the power there.", (
        "; ".join(told) + f"; most in {worst.site}, {worst.lolh_hours:.1f} ± "
        f"{worst.lolh_hours_standard_error:.1f} h in {worst.year} (`operations`)."
    )


def _clean(run: Run) -> tuple[str, str]:
    told = []
    for year in (2030, run.table("operations").year.max()):
        r = run.row("operations", year=year, site="programme")
        told.append(
            f"{year}: {r['clean_share_hourly']:.1%} ± {r['clean_share_hourly_standard_error']:.1%} "
            f"by the hour, {r['clean_share_annual']:.1%} ± "
            f"{r['clean_share_annual_standard_error']:.1%} by the year, {r['co2_t'] / 1e6:.0f} Mt "
            f"CO2, {r['water_m3'] / 1e6:.0f} million m3 of water"
        )
    return "4 How clean.", "; ".join(told) + " (`operations`)."


def _deals(run: Run) -> tuple[str, str]:
    made, prices = run.table("decisions"), run.table("shadow_prices")
    rights = made[made.name == "terrapower-options"].mw.sum()
    power = prices[(prices.kind == "power_price") & (prices.value > 0)]
    last = int(prices.year.max())
    at = {
        site: float(v)
        for site, v in power[power.year == last].groupby("entity").value.mean().items()
    }
    clean = prices[(prices.kind == "clean_share") & (prices.year == last)].value.sum()
    ohio = at.get("prometheus", 0.0) + clean
    terms = made[made.contract.isin(["ppa", "prepayment"])]
    nuclear = terms[terms.name.isin(["perry", "davis-besse", "vistra-uprates", "oklo-pike"])]
    sold = "less than" if ohio < 80 else "about" if ohio <= 88 else "more than"
    return "5 What deals are worth.", (
        f"in {last} a clean MWh in Ohio is worth {ohio:.0f} USD to the plan ({clean:.0f} of it for "
        f"being clean), {sold} the 85 to 88 assumed for the {nuclear.mw.sum() / 1e3:.1f} GW of "
        "announced nuclear contracts there, which the plan must take; of the six further Natrium "
        f"it takes {rights / 345:.0f} (`shadow_prices`, `decisions`). {_rights(run)} "
        + _bridges(run)
    )


def _rights(run: Run) -> str:
    worth = run.table("option_worth").set_index(["project", "policy"])
    when = run.table("option_exercise")
    told = []
    for project in dict.fromkeys(when.project):
        best = worth.loc[(project, "least squares")]
        duty = worth.loc[(project, "exercise at once")]
        last = when[when.project == project].iloc[-1]
        told.append(
            f"The right {project} is worth {best.usd / 1e6:,.0f} ± "
            f"{best.standard_error / 1e6:,.0f} million USD, the most to pay for it; taken at once, "
            f"as a duty, {duty.usd / 1e6:,.0f}. "
            f"It is exercised in {best.exercised_fraction:.0%} of draws: in {last.month} from "
            f"{last.exercise_at_usd_per_mwh:.0f} USD/MWh elsewhere on, before that only from more "
            "(`option_worth`, `option_exercise`)."
        )
    return " ".join(told)


def _bridges(run: Run) -> str:
    found = run.table("bridges")
    told = [
        f"{r.project} {r.usd / 1e9:.1f} ± {r.standard_error / 1e9:.1f} bn USD, ordered in "
        f"{r.ordered_fraction:.0%} of draws"
        for r in found[found.stated].itertuples()
    ]
    return f"Bridge power ordered by its rule is worth: {'; '.join(told)} (`bridges`)."


def _paid(run: Run) -> tuple[str, str]:
    years = run.summary["finance"]["capex_usd_by_year"]
    capital = "; ".join(f"{y} {_span(years[y])}" for y in ("2026", "2028", "2030") if y in years)
    limit = run.summary["capex_limit"]
    through = limit["through"]
    table = run.table("capex")
    early = table[(table.group == "total") & (table.year <= through)]["mean"].sum()
    gap = run.row("metrics", metric="funding_gap_usd")
    gaps = run.table("draws").funding_gap_usd
    lines = run.table("statements")
    free = lines[(lines.line == "free cash flow") & lines.year.isin([2028, 2030])]
    flows = "; ".join(f"{r.year} {_span(r._asdict())}" for r in free.itertuples())
    worn = lines[(lines.line == "programme depreciation") & (lines.year == 2030)].iloc[0]
    debt = lines[(lines.line == "economic debt to EBITDA") & (lines.year == 2030)].iloc[0]
    return "6 How it is paid for.", (
        f"capital, real: {capital}, and to the end of {through} a mean of {_bn(early)} of the "
        f"{_bn(limit['cumulative_usd'])} allowed (`capex`); free cash flow, nominal: {flows}; "
        f"depreciation 2030 {_bn(-worn.p50)}; debt with leases to EBITDA 2030 "
        f"{debt.p50:.2f} ({debt.p10:.2f} to "
        f"{debt.p90:.2f}) (`statements`); with no revenue counted, a gap is left in "
        f"{(gaps > 0).mean():.0%} of draws, mean {_bn(gap['mean'])} ± "
        f"{_bn(gap['standard_error'])} (`metrics`, `draws`)."
    )


def _earn(run: Run) -> tuple[str, str]:
    need = run.row("metrics", metric="required_revenue_usd_per_gw_year")
    gpu = run.row("metrics", metric="cost_usd_per_gpu_hour")
    power = run.row("metrics", metric="lcoe_usd_per_mwh")
    npv = run.row("metrics", metric="npv_usd")
    split = run.table("cost_split").sort_values("usd_per_gw_year", ascending=False)
    parts = ", ".join(
        f"{r.component} {r.usd_per_gw_year / 1e9:.2f}"
        for r in split.itertuples()
        if abs(r.usd_per_gw_year) > 5e6
    )
    return "7 What it must earn.", (
        f"{_span(need, 2)} per GW-year, mean {need['mean'] / 1e9:.2f} ± "
        f"{need['standard_error'] / 1e9:.2f}; of it {parts} (`metrics`, `cost_split`). A GPU-hour "
        f"{gpu['p50']:.2f} USD ({gpu['p10']:.2f} to {gpu['p90']:.2f}), power "
        f"{power['p50']:.0f} USD/MWh ({power['p10']:.0f} to {power['p90']:.0f}). Present value of "
        f"cost {_span({k: -npv[v] for k, v in (('p10', 'p90'), ('p50', 'p50'), ('p90', 'p10'))})}."
    )


def _bn(usd: float) -> str:
    return f"{usd / 1e9:,.0f} bn USD"


def _span(found: Mapping[str, Any], places: int = 0) -> str:
    low, middle, high = (f"{found[k] / 1e9:,.{places}f}" for k in ("p10", "p50", "p90"))
    return f"{middle} bn USD ({low} to {high})"


def _chance(probability: float, error: float, draws: int) -> str:
    if probability == 0:
        return f"0 of {draws:,} draws"
    return f"{probability:.1%} ± {error:.1%}"


def _month_text(month: Any) -> str:
    return month if isinstance(month, str) and month else "beyond the horizon"


def main() -> None:
    """Print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("part", nargs="?", choices=("assumptions", "answers"))
    asked = parser.parse_args()
    run = Run(asked.run)
    if asked.part != "answers":
        print(assumptions(run))
    if asked.part != "assumptions":
        print(answers(run))


if __name__ == "__main__":
    main()
