"""A programme written and read in one step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gigaplan.programme import ProgrammeFile, read_programme

Read = Callable[[str], ProgrammeFile]

SMALL = """\
gigaplan: 1
name: small
title: A small programme
base_year: 2025
start: 2026-01
planning: {first_year: 2027, last_year: 2030, discount_fraction: 6.5%}
target: {it_mw_by_year: {2028: 100 MW, 2030: 200 MW}, shortfall_usd_per_it_mw_year: 10e6}
zones: {ohio: {title: Ohio, market: pjm_aep}}
sites:
  farm: {title: Farm, zone: ohio, state: OH, latitude: 40, longitude: -82, cooling: liquid_dry}
campuses:
  farm:
    title: Campus
    site: farm
    hall: hyperscale_ai
    accelerators: [gb300]
    phases:
      - {name: one, it_mw: 100 MW, earliest: 2028-01}
      - {name: two, it_mw: 100 MW, earliest: 2029-06}
accelerators: {gb300: {system: gb300}}
finance: {hurdle_fraction: 9%, last: 2045-12}
"""
"""The least a programme needs."""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(text: str) -> ProgrammeFile:
        (tmp_path / "programme.yaml").write_text(text, "utf-8")
        return read_programme(tmp_path / "programme.yaml", "programme.yaml")

    return write_and_read
