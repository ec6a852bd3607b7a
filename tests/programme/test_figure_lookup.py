"""Each figure a run uses: the programme's own with its own source, or the catalogue's."""

from __future__ import annotations

import pytest

from gigaplan import catalogue
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import FigureUse

from .conftest import SMALL, Read

OWN = """\
sources: {book: {title: A book, url: "https://example.com/book", date: 2024}}
company:
  title: Owner
  cash_usd: {value: 4 billion USD, source: book, mark: derived, note: page 3, low: 3e9, high: 5e9}
  minimum_cash_usd: 1 billion USD
  long_term_debt_usd: 0
  debt_rate_fraction: 5%
  operating_cash_flow_usd: 3 billion USD
  operating_cash_flow_growth_fraction: {value: {2026: 3%}, source: book, mark: assumed, high: 4%}
  operating_income_usd: 2 billion USD
  depreciation_usd: 1 billion USD
  property_plant_equipment_usd: 5 billion USD
  other_capex_usd_by_year: {2026: 1 billion USD}
  shareholder_payments_usd_by_year: {2026: 0}
  cash_tax_rate_fraction: 15%
"""


@pytest.fixture
def figures(read: Read) -> dict[str, FigureUse]:
    return {figure.field: figure for figure in resolve(read(SMALL + OWN)).figures}


def test_a_figure_of_the_programme_carries_its_own_source(figures: dict[str, FigureUse]) -> None:
    """The source stands at the figure, below the section that is recorded as a whole."""
    assert figures["company.cash_usd"] == FigureUse(
        field="company.cash_usd",
        value=4e9,
        unit="usd",
        origin="programme",
        mark="derived",
        source_title="A book",
        source_url="https://example.com/book",
        low=3e9,
        high=5e9,
        note="page 3",
    )


def test_a_source_above_a_figure_by_year_holds_for_each_year(
    figures: dict[str, FigureUse],
) -> None:
    growth = figures["company.operating_cash_flow_growth_fraction.2026"]
    assert (growth.value, growth.mark, growth.source_title) == (0.03, "assumed", "A book")
    assert (growth.low, growth.high) == (None, 0.04)


def test_a_figure_without_a_source_is_the_programmes_own_statement(
    figures: dict[str, FigureUse],
) -> None:
    own = figures["company.minimum_cash_usd"]
    assert (own.mark, own.source_title) == ("stated", "The programme's own statement")
    assert own.low is None


def test_a_default_of_the_form_is_told_as_an_assumption(figures: dict[str, FigureUse]) -> None:
    default = figures["policy.carbon_usd_per_tonne"]
    assert (default.value, default.mark) == (0, "assumed")
    assert default.unit == "usd_per_tonne"
    assert default.source_title == "Default of the programme's form"


def test_what_the_programme_leaves_out_is_the_catalogues_with_its_source(
    figures: dict[str, FigureUse],
) -> None:
    used = figures["sites.farm.cooling"]
    figure = catalogue.figure("cooling.liquid_dry.pue")
    assert used.origin == "catalogue"
    assert used.value == figure.value
    assert (used.source_title, used.mark) == (figure.source_title, figure.mark)


def test_catalogue_money_moves_to_the_base_year_of_the_programme(read: Read) -> None:
    """Twice the base year's price level makes twice the dollars of the same figure."""

    def hall_cost(base_year: int) -> float:
        text = SMALL.replace("base_year: 2025", f"base_year: {base_year}")
        return resolve(read(text)).campuses["farm"].hall_usd_per_it_kw

    index = catalogue.price_index()
    assert hall_cost(2020) / hall_cost(2025) == pytest.approx(index.factor(2025, 2020), rel=1e-12)
