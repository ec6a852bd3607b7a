"""Why a delivery comes out as it does: what its tables hold, and the charts made of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
import vl_convert
from tests.delivery.announced import announced_plan, bundled

from gigaplan.delivery import deliver
from gigaplan.delivery.bridges.worth import bridge_worth
from gigaplan.delivery.options.purchase import open_options, purchase_worth
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.why import reasons_for
from gigaplan.report import RunView
from gigaplan.report.charts import option_charts, why_charts
from gigaplan.report.labels import Names
from gigaplan.study.delivery_tables import overrun_rows
from gigaplan.study.option_tables import bridge_rows, option_exercise_rows, option_worth_rows
from gigaplan.study.why_tables import why_tables

DRAWS = 200


@pytest.fixture(scope="module")
def tables() -> Mapping[str, pd.DataFrame]:
    meta = bundled("meta-compute")
    plan = announced_plan(meta)
    moves = deliver(meta, plan, draws=DRAWS)
    found = why_tables(reasons_for(meta, plan, moves, 2030), meta)
    found["overruns"] = overrun_rows(moves)
    options = [purchase_worth(meta, plan, p, draws=DRAWS) for p in open_options(meta)]
    work = PreparedDelivery(meta, plan)
    found["bridges"] = bridge_rows([bridge_worth(work, rule, DRAWS) for rule in work.bridges])
    found["option_worth"] = option_worth_rows(options)
    found["option_exercise"] = option_exercise_rows(options)
    return {name: pd.DataFrame(rows) for name, rows in found.items()}


def test_what_sets_a_sites_date_adds_up_to_all_worlds(tables: Mapping[str, pd.DataFrame]) -> None:
    shares = tables["date_causes"].groupby("site")["share_fraction"].sum()
    assert shares.to_numpy() == pytest.approx(1.0, abs=0.02)


def test_shares_of_the_spread_add_up_to_the_whole(tables: Mapping[str, pd.DataFrame]) -> None:
    spread = tables["spread"].groupby("output")["shapley"].sum()
    assert spread.to_numpy() == pytest.approx(1.0, abs=1e-9)


def test_work_on_a_chain_takes_time(tables: Mapping[str, pd.DataFrame]) -> None:
    chains = tables["date_chains"]
    assert (chains["months"] > 0).all()
    assert chains["share_fraction"].between(0, 1).all()
    assert {"delay", "construct"} <= set(chains["stage"])


def test_the_whole_programme_is_what_its_owners_come_to(
    tables: Mapping[str, pd.DataFrame],
) -> None:
    overruns = tables["overruns"]
    whole = overruns["kind"] == "programme"
    for column in ("estimate_usd", "mean"):
        parts = overruns.loc[~whole, column].sum()
        assert parts == pytest.approx(overruns.loc[whole, column].iloc[0], rel=1e-9)


def test_an_option_is_exercised_in_no_more_worlds_than_there_are(
    tables: Mapping[str, pd.DataFrame],
) -> None:
    exercised = tables["option_exercise"].groupby("project")["exercised_fraction"].sum()
    assert ((exercised >= 0) & (exercised <= 1)).all()


def test_every_chart_of_why_is_drawn(tables: Mapping[str, pd.DataFrame]) -> None:
    view = RunView({}, tables)
    names = Names(pd.DataFrame(), pd.DataFrame())
    charts = [*why_charts(view, names), *option_charts(view, names)]
    assert {chart.name for chart in charts} == {
        "relief",
        "dates",
        "chains",
        "earlier",
        "spread",
        "conditions",
        "overruns",
        "option-worth",
        "option-exercise",
        "bridges",
    }
    for chart in charts:
        data = {k: pd.DataFrame(_plain(v)).to_dict("records") for k, v in chart.rows.items()}
        spec = {**chart.spec, "width": 600, "height": 300, "autosize": "pad", "datasets": data}
        assert vl_convert.vegalite_to_svg(spec).count("<path") > 1, chart.name


def _plain(table: Mapping[str, object]) -> dict[str, object]:
    return {
        name: [column["words"][i] for i in column["at"]] if isinstance(column, dict) else column
        for name, column in table.items()
    }
