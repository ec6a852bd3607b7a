"""Every row of the catalogue is complete, in allowed units, and in itself consistent."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from gigaplan import catalogue
from gigaplan.catalogue.figures import COLUMNS, KINDS

UNITS = {
    # money, each with a dollar year; what it is per says IT or facility where that matters
    "usd": True,
    "usd_per_kw": True,
    "usd_per_kw_it": True,
    "usd_per_kw_facility": True,
    "usd_per_kw_it_month": True,
    "usd_per_kw_it_year": True,
    "usd_per_kw_year": True,
    "usd_per_mw_it": True,
    "usd_per_mw_day": True,
    "usd_per_mw_year": True,
    "usd_per_gw_it": True,
    "usd_per_gw_it_year": True,
    "usd_per_gw_year": True,
    "usd_per_kwh": True,
    "usd_per_mwh": True,
    "usd_per_mmbtu": True,
    "usd_per_tonne": True,
    "usd_per_gpu_hour": True,
    # the rest
    "mw": False,
    "w": False,
    "w_it": False,
    "billion_parameters": False,
    "gb": False,
    "tflops": False,
    "fraction": False,
    "fraction_per_year": False,
    "fraction_per_minute": False,
    "per_year": False,
    "per_hour": False,
    "ratio": False,
    "log_ratio": False,
    "exponent": False,
    "years": False,
    "year": False,
    "months": False,
    "days": False,
    "hours": False,
    "mmbtu_per_mwh": False,
    "kg_per_mwh": False,
    "kg_per_mmbtu": False,
    "m3_per_mwh": False,
    "litres_per_kwh_it": False,
    "acres_per_mw_it": False,
    "index_2004": False,
}
"""Allowed units, and whether they are money."""

ALL = catalogue.figures()


def test_every_unit_is_allowed_and_money_has_a_dollar_year_and_nothing_else_has() -> None:
    wrong = [
        f"{f.id}: {f.unit} {f.base_year}"
        for f in ALL
        if f.unit not in UNITS or UNITS[f.unit] != (f.base_year is not None)
    ]
    assert not wrong


def test_dollar_years_are_plausible_and_not_after_the_date_of_the_figure() -> None:
    for f in ALL:
        if f.base_year is not None:
            assert 2004 <= f.base_year <= 2026, f.id
            if f.mark == "stated" and f.kind != "tax" and f.unit != "usd":
                assert f.base_year <= int(f.as_of[:4]) + 2, f.id


def test_low_is_at_most_value_is_at_most_high() -> None:
    for f in ALL:
        assert f.low is None or f.low <= f.value, f.id
        assert f.high is None or f.value <= f.high, f.id


def test_a_range_is_left_out_only_where_it_makes_no_sense() -> None:
    may_lack = {"price_index", "spend_schedule", "outage", "reference_class", "company", "tax"}
    wrong = [f.id for f in ALL if (f.low is None or f.high is None) and f.kind not in may_lack]
    assert not wrong


def test_every_row_has_a_name_a_source_a_date_and_a_place() -> None:
    for f in ALL:
        assert f.name, f.id
        assert f.source_title, f.id
        assert f.geography, f.id
        assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", f.as_of), f.id
        assert f.source_url == "" or f.source_url.startswith("http"), f.id


def test_what_was_recalled_or_judged_is_marked_assumed() -> None:
    wrong = [
        f.id for f in ALL if f.mark != "assumed" and re.match(r"Recalled|Judgement", f.source_title)
    ]
    assert not wrong


def test_every_derived_figure_says_how_or_is_plain_zero_or_one() -> None:
    wrong = [f.id for f in ALL if f.mark == "derived" and not f.note and f.value not in (0, 1)]
    assert not wrong


def test_stated_figures_can_be_looked_up() -> None:
    wrong = [f.id for f in ALL if f.mark == "stated" and not f.source_url]
    assert not wrong


def test_fractions_lie_between_minus_one_and_one() -> None:
    for f in ALL:
        if f.unit == "fraction":
            for number in (f.low, f.value, f.high):
                assert number is None or -1 <= number <= 1, f.id
                if "learning" not in f.id and number is not None:
                    assert number >= 0, f.id


def test_the_unit_of_a_figure_is_the_unit_its_name_ends_in() -> None:
    ends = {
        "_usd_per_kw": {"usd_per_kw", "usd_per_kw_facility"},
        "_usd_per_it_kw": {"usd_per_kw_it"},
        "_usd_per_it_mw": {"usd_per_mw_it"},
        "_usd_per_kw_year": {"usd_per_kw_year"},
        "_usd_per_it_kw_year": {"usd_per_kw_it_year"},
        "_usd_per_mwh": {"usd_per_mwh"},
        "_usd_per_kwh": {"usd_per_kwh"},
        "_usd_per_mmbtu": {"usd_per_mmbtu"},
        "_months": {"months"},
        "_fraction": {"fraction", "fraction_per_year"},
        "unit_mw": {"mw"},
        "boost_mw": {"mw"},
        "_acres_per_it_mw": {"acres_per_mw_it"},
        "_hours": {"hours"},
        "_days": {"days"},
        "_life_years": {"years"},
        "it_w_per_chip": {"w_it"},
        "_mmbtu_per_mwh": {"mmbtu_per_mwh"},
        "_kg_per_mwh": {"kg_per_mwh"},
        "_m3_per_mwh": {"m3_per_mwh"},
    }
    for f in ALL:
        end = max((e for e in ends if f.field.endswith(e)), key=len, default=None)
        if end is not None:
            assert f.unit in ends[end], f.id


def test_nothing_of_the_it_side_is_given_per_plain_kw_or_mw() -> None:
    for f in ALL:
        if f.kind in ("accelerator", "hall") and re.search(r"_per_(kw|mw|gw)", f.unit):
            assert "_it" in f.unit, f.id
        if f.kind == "accelerator" and f.field.startswith("it_"):
            assert f.unit.endswith("_it"), f.id
    # and grid connection, which is facility power, says so
    upgrade = catalogue.figure("connection.large_load.upgrade_usd_per_kw")
    assert upgrade.unit == "usd_per_kw_facility"


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_have_the_agreed_columns_and_no_cell_spans_lines(kind: str) -> None:
    text = (files("gigaplan.catalogue") / "data" / f"{kind}.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert text.count("\n") == len(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_has_a_title_for_people(kind: str) -> None:
    text = (files("gigaplan.catalogue") / "data" / "entries.csv").read_text(encoding="utf-8")
    titled = {(row["kind"], row["entry"]) for row in csv.DictReader(text.splitlines())}
    assert {(kind, name) for name in catalogue.entries(kind)} <= titled
    assert titled <= {(k, n) for k in KINDS for n in catalogue.entries(k)}
