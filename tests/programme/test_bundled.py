"""The bundled programmes: both are whole, and every figure says where it is from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gigaplan.core.errors import InputError
from gigaplan.programme import ProgrammeFile, read_programme
from gigaplan.programme.bundled import bundled_names, copy_bundled, locate
from gigaplan.programme.resolve import resolve
from gigaplan.programme.schema import unit_at
from gigaplan.programme.yaml_tree import FieldPath, dotted, leaves, read_tree

NAMES = ("meta-compute", "one-campus")
GROUPS = (
    "target",
    "spend_limit",
    "policy",
    "uncertainty",
    "zones",
    "sites",
    "campuses",
    "accelerators",
    "power",
    "slots",
    "company",
    "instruments",
)
"""Sections that state facts. `planning`, `start`, `seed` and the horizon of `finance` choose how
to compute and state none."""

PUBLIC_GEOGRAPHY = ("latitude", "longitude")
"""Where a town lies can be read off any map: coordinates carry no source."""


@pytest.fixture(scope="module", params=NAMES)
def file(request: pytest.FixtureRequest) -> ProgrammeFile:
    return read_programme(locate(request.param))


def states_a_figure(path: FieldPath, value: Any) -> bool:
    if isinstance(value, bool) or path[-1] in PUBLIC_GEOGRAPHY:
        return False
    is_month = isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value) is not None
    return isinstance(value, int | float) or is_month or bool(unit_at(path))


def test_both_bundled_programmes_are_there() -> None:
    assert bundled_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_number_and_month_that_states_a_fact_has_a_source(name: str) -> None:
    tree = read_tree(locate(name))
    figures = [
        path
        for path, value in leaves({group: tree.value.get(group, {}) for group in GROUPS})
        if states_a_figure(path, value)
    ]
    assert len(figures) > 50
    bare = [
        dotted(path)
        for path in figures
        if not any(path[:end] in tree.sources for end in range(1, len(path) + 1))
    ]
    assert bare == []


def test_every_source_is_used_and_says_its_title_and_date(file: ProgrammeFile) -> None:
    used = {note.source for note in file.figure_sources.values()}
    assert used == set(file.sources)
    assert all(source.title and source.date for source in file.sources.values())


def test_an_assumption_of_ours_is_never_marked_as_stated(file: ProgrammeFile) -> None:
    ours = {"planner", "choice"}
    assert not [
        dotted(path)
        for path, note in file.figure_sources.items()
        if note.source in ours and note.mark != "assumed"
    ]


def test_every_figure_a_run_uses_has_unit_mark_and_source(file: ProgrammeFile) -> None:
    figures = resolve(file).figures
    counted = re.compile(r"\.(units|through|[0-9]{4})$|_year$")
    for figure in figures:
        assert figure.mark in ("stated", "derived", "assumed"), figure
        assert figure.source_title, figure
        assert figure.unit or counted.search(figure.field), figure
        if figure.low is not None and figure.high is not None and figure.origin == "programme":
            assert figure.low <= figure.value <= figure.high, figure
    own = [f for f in figures if f.source_title == "The programme's own statement"]
    assert own == []


def test_meta_compute_holds_what_was_announced() -> None:
    """Against the announcements themselves, in their own units."""
    programme = read_programme(locate("meta-compute")).programme
    power = programme.power
    assert power["oklo-pike"].units == 16
    assert power["oklo-pike"].unit_mw == 75
    oklo_mw = 16 * 75
    assert oklo_mw == 1200
    assert 350e6 <= (power["oklo-pike"].overnight_usd_per_kw or 0) * 75_000 <= 400e6
    assert (power["terrapower-firm"].units, power["terrapower-options"].units) == (2, 6)
    assert power["terrapower-firm"].unit_mw == 345
    assert power["terrapower-options"].status == "optional"
    assert power["terrapower-options"].option is not None
    assert 3.9e9 <= (power["terrapower-firm"].overnight_usd_per_kw or 0) * 345_000 <= 4.1e9
    vistra = [power[name] for name in ("perry", "davis-besse", "vistra-uprates")]
    assert all(plant.contract.kind == "ppa" for plant in vistra)
    assert programme.spend_limit.cumulative_usd == 600e9
    assert programme.spend_limit.through == 2028
    assert {"prometheus", "hyperion", "el-paso", "lebanon", "existing-fleet"} <= set(
        programme.campuses
    )
    assert programme.instruments["hyperion-venture"].kind == "joint_venture"
    assert programme.instruments["reality-labs"].kind == "reallocation"
    assert programme.target.it_mw_by_year[2030] >= 10_000


def test_it_power_is_never_the_facility_power_of_the_announcement() -> None:
    """1 GW of facility power at PUE 1.11 is 901 MW of IT, not 1,000."""
    campuses = read_programme(locate("meta-compute")).programme.campuses
    for name in ("el-paso", "lebanon"):
        assert sum(phase.it_mw for phase in campuses[name].phases) == pytest.approx(900, abs=5)
    hyperion = sum(phase.it_mw for phase in campuses["hyperion"].phases)
    assert hyperion == pytest.approx(5000 / 1.11, rel=0.005)


def test_a_bundled_programme_is_found_by_name_file_or_folder(tmp_path: Path) -> None:
    copied = copy_bundled("one-campus", tmp_path / "mine")
    assert locate(str(tmp_path / "mine")) == copied
    assert locate(str(copied)) == copied
    assert copied.read_text("utf-8") == locate("one-campus").read_text("utf-8")
    assert read_programme(copied).programme.name == "one-campus"


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    copy_bundled("one-campus", tmp_path)
    with pytest.raises(InputError, match="is there already; it is not overwritten"):
        copy_bundled("meta-compute", tmp_path)


@pytest.mark.parametrize("name", ["one-campsu", "nothing like it"])
def test_a_name_that_is_none_is_told_with_those_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one-campus"):
        locate(name)
    with pytest.raises(InputError, match="one-campus"):
        copy_bundled(name, tmp_path)
