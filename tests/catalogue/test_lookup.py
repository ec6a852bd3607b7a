"""Looking up, searching, recording and showing figures."""

from __future__ import annotations

import contextvars
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from gigaplan import catalogue
from gigaplan.catalogue import listing
from gigaplan.core.errors import InputError

NATRIUM = "technology.natrium.overnight_usd_per_kw"


def test_a_figure_carries_what_is_needed_to_trust_it() -> None:
    figure = catalogue.figure(NATRIUM)
    assert (figure.kind, figure.entry, figure.field) == (
        "technology",
        "natrium",
        "overnight_usd_per_kw",
    )
    assert figure.unit == "usd_per_kw"
    assert figure.base_year == 2025
    assert figure.mark == "derived"
    assert figure.source_url.startswith("https://")


@pytest.mark.parametrize(
    ("figure_id", "hint"),
    [
        ("technology.natrium.overnight_usd_per_kW", f"Did you mean '{NATRIUM}'"),
        ("technology.natriun.overnight_usd_per_kw", f"Did you mean '{NATRIUM}'"),
        ("tecnology.natrium.unit_mw", "Did you mean 'technology'"),
        ("technology.natrium", "'technology.natrium' has: unit_mw|Did you mean"),
        ("weather.x.y", "Its kind is one of"),
        ("technology.xyzzy.q", "'technology' has: nuclear_large"),
        ("technology", "'technology' has: nuclear_large"),
        ("nothing", "Its kind is one of"),
    ],
)
def test_an_unknown_id_is_refused_and_says_what_there_is(figure_id: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        catalogue.figure(figure_id)
    assert catalogue.find(figure_id) is None


def test_unknown_kinds_and_entries_are_refused() -> None:
    with pytest.raises(InputError, match="Did you mean 'technology'"):
        catalogue.figures(kind="tecnology")
    with pytest.raises(InputError, match="no entry 'nothing'"):
        catalogue.figures(kind="hall", entry="nothing")
    with pytest.raises(InputError, match="Did you mean 'hyperscale_ai'"):
        catalogue.hall("hyperscale")
    with pytest.raises(InputError, match="'zzz' is no finance of the catalogue"):
        catalogue.entry("finance", "zzz")


def test_figures_can_be_listed_by_kind_and_entry() -> None:
    found = catalogue.figures(kind="cooling", entry="liquid_dry")
    assert {f.field for f in found} == {"pue", "wue_litres_per_it_kwh"}
    assert len(catalogue.figures()) == sum(
        len(catalogue.figures(kind=kind)) for kind in catalogue.KINDS
    )


def test_a_recording_lists_what_was_used_and_nothing_else() -> None:
    catalogue.figure(NATRIUM)
    with catalogue.recording() as log:
        assert catalogue.technology("ccgt").overnight_usd_per_kw > 0
        assert catalogue.technology("ccgt").boost_mw is None
        catalogue.figure(NATRIUM)
        catalogue.figure(NATRIUM)
        catalogue.find("no.such.figure")
        catalogue.figures(kind="hall")
    catalogue.figure("cooling.liquid_dry.pue")
    assert log.ids == ("technology.ccgt.overnight_usd_per_kw", NATRIUM)
    assert len(log) == 2
    assert NATRIUM in log
    assert log.figures[1].value == catalogue.figure(NATRIUM).value


def test_an_inner_recording_is_seen_by_the_outer_one() -> None:
    with catalogue.recording() as outer:
        with catalogue.recording() as inner:
            catalogue.figure(NATRIUM)
        catalogue.figure("cooling.liquid_dry.pue")
    assert inner.ids == (NATRIUM,)
    assert outer.ids == (NATRIUM, "cooling.liquid_dry.pue")


def test_the_price_index_and_tax_tables_are_recorded_each_time_they_are_read() -> None:
    for _ in range(2):
        with catalogue.recording() as log:
            catalogue.price_index()
            catalogue.macrs_fractions(5)
        assert "price_index.us.future_inflation_fraction" in log
        assert "tax.macrs_5.year_6_fraction" in log


def test_threads_do_not_see_each_others_recordings_unless_the_context_is_carried() -> None:
    def read(name: str) -> None:
        assert catalogue.technology(name).life_years > 0

    def record_alone(name: str) -> tuple[str, ...]:
        with catalogue.recording() as log:
            for _ in range(50):
                read(name)
        return log.ids

    names = catalogue.entries("technology")
    with ThreadPoolExecutor(8) as pool:
        for name, ids in zip(names, pool.map(record_alone, names), strict=True):
            assert ids == (f"technology.{name}.life_years",)
        with catalogue.recording() as log:
            for future in [pool.submit(read, name) for name in names]:
                future.result()
            assert len(log) == 0
            for future in [
                pool.submit(contextvars.copy_context().run, read, name) for name in names
            ]:
                future.result()
        assert len(log) == len(names)


def test_search_finds_by_words_in_any_order_and_ranks_ids_first() -> None:
    found = catalogue.search("overnight natrium")
    assert found[0].id == NATRIUM
    assert catalogue.search("Natrium Overnight") == found
    assert all("natrium" in f.id or "Natrium" in f.name + f.note for f in found)
    assert catalogue.search("xyzzy") == ()
    assert {f.kind for f in catalogue.search("pue", kind="cooling")} == {"cooling"}
    assert catalogue.search("Vogtle"), "notes are searched too"


def test_rows_are_one_figure_an_entry_or_what_matches() -> None:
    assert [f.id for f in listing.rows(text=NATRIUM)] == [NATRIUM]
    assert {f.entry for f in listing.rows(text="natrium")} == {"natrium"}
    assert {f.entry for f in listing.rows(text="technology.natrium")} == {"natrium"}
    assert len(listing.rows()) == len(catalogue.figures())
    assert {f.kind for f in listing.rows(kind="hall")} == {"hall"}
    assert listing.rows(text="refuelling days")


def test_one_figure_is_shown_with_its_source_and_note() -> None:
    text = listing.as_text(listing.rows(text=NATRIUM))
    for part in (NATRIUM, "11,594", "USD of 2025", "derived", "SEQH", "https://", "No overrun"):
        assert part in text
    assert max(map(len, text.splitlines())) < 130


def test_many_figures_are_shown_by_entry() -> None:
    text = listing.as_text(listing.rows(text="smr"))
    assert text.startswith("technology.smr  Small light-water reactor")
    assert "8000 (5500 to 19,337) usd_per_kw (2022 USD)  stated" in text
    assert text.endswith("gigaplan catalogue technology.smr.unit_mw")
    assert "matches" in listing.as_text(())


def test_the_whole_catalogue_is_shown_by_its_entries() -> None:
    text = listing.as_text(listing.rows())
    for kind in catalogue.KINDS:
        for name in catalogue.entries(kind):
            assert f"{kind}.{name} " in text
    assert f"{len(catalogue.figures())} figures: " in text
    assert len(text.splitlines()) < 200


def test_json_rows_hold_every_column() -> None:
    rows = json.loads(json.dumps(listing.as_json(listing.rows(text=NATRIUM))))
    assert rows[0]["value"] == 11594
    assert rows[0]["base_year"] == 2025
    assert {"id", "name", "low", "high", "mark", "source_title", "source_url"} <= set(rows[0])


def test_the_catalogue_imports_no_numerical_library() -> None:
    code = (
        "import sys, gigaplan.catalogue as c; c.technology('natrium').unit_mw; "
        "import gigaplan.catalogue.listing; "
        "print([m for m in ('numpy','pandas','pydantic','scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_those_agreed() -> None:
    for name in catalogue.__all__:
        assert hasattr(catalogue, name)
    agreed = {"figure", "figures", "find", "search", "entries", "technology", "accelerator", "hall"}
    agreed |= {"market", "reference_class", "price_index", "recording", "FigureLog", "Figure"}
    assert agreed <= set(catalogue.__all__)
