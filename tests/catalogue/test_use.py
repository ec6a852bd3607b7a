"""The catalogue serves those who lean on it: the bundled programmes and its own page."""

from __future__ import annotations

from pathlib import Path

import pytest

from gigaplan import catalogue
from gigaplan.catalogue import listing
from gigaplan.programme import read_programme
from gigaplan.programme.bundled import bundled_names, locate
from gigaplan.programme.resolve import resolve

PAGE = Path(__file__).resolve().parents[2] / "docs" / "catalogue.md"


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_programme_finds_every_figure_it_leaves_out(name: str) -> None:
    with catalogue.recording() as log:
        resolved = resolve(read_programme(str(locate(name))))
    taken = {use.source_title for use in resolved.figures if use.origin == "catalogue"}
    assert taken <= {f.source_title for f in log.figures}
    assert all(use.source_title and use.mark for use in resolved.figures)
    assert len(log) > 100


def test_the_page_shows_a_figure_as_the_command_does() -> None:
    shown = listing.as_text(listing.rows(text="technology.natrium.overnight_usd_per_kw"))
    assert shown in PAGE.read_text(encoding="utf-8")


def test_the_page_names_every_kind_and_every_technology_market_and_chip_is_findable() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert not [kind for kind in catalogue.KINDS if f"`{kind}`" not in text]
    for kind in ("technology", "market", "accelerator", "hall", "cooling"):
        for name in catalogue.entries(kind):
            assert catalogue.search(name.replace("_", " "), kind=kind)
