from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.programme import read_programme
from gigaplan.programme.bundled import locate
from gigaplan.programme.yaml_tree import FieldPath, leaves, read_tree

from .conftest import SMALL, Read


def refusal(read: Read, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(text)
    return str(caught.value).splitlines()


def test_the_least_programme_is_read_with_the_defaults_of_its_form(read: Read) -> None:
    found = read(SMALL).programme
    assert found.campuses["farm"].phases[0].it_mw == 100
    assert found.campuses["farm"].phases[0].status == "announced"
    assert found.planning.discount_fraction == pytest.approx(0.065)
    assert found.planning.representative_days is None
    assert found.company is None
    assert found.power == {}


def test_every_problem_of_a_file_is_told_at_once_in_the_order_of_its_lines(read: Read) -> None:
    text = (
        SMALL.replace("2026-01", "2026")
        .replace("latitude: 40", "latitude: 400")
        .replace("it_mw: 100 MW, earliest: 2028-01", "it_mw: 100 MWh, earliest: 2028-01")
        .replace("hurdle_fraction: 9%", "hurdel_fraction: 9%")
    )
    told = refusal(read, text)
    assert [line.split(": ")[0] for line in told] == [
        "programme.yaml:5",
        "programme.yaml:10",
        "programme.yaml:18",
        "programme.yaml:21",
        "programme.yaml:21",
    ]


def test_an_unknown_key_is_told_with_the_nearest_right_one_at_any_depth(read: Read) -> None:
    for wrong, right in (
        ("planing", "planning"),
        ("discount_fracton", "discount_fraction"),
        ("markt", "market"),
        ("earliset", "earliest"),
        ("sytem", "system"),
    ):
        told = refusal(read, SMALL.replace(right, wrong, 1))
        assert any(f"unknown key. Did you mean '{right}'?" in line for line in told), told


def test_the_kind_of_a_contract_decides_which_keys_there_are(read: Read) -> None:
    power = (
        "power: {p: {title: P, technology: smr, zone: ohio, earliest: 2030-01, units: 2,"
        " contract: {CONTRACT}}}\n"
    )
    ppa = "kind: ppa, price_usd_per_mwh: 80, term_years: 20"
    assert read(SMALL + power.replace("CONTRACT", ppa)).programme.power["p"].contract.kind == "ppa"
    (told,) = refusal(
        read, SMALL + power.replace("CONTRACT", f"{ppa}, capacity_usd_per_kw_year: 3")
    )
    assert told.startswith(
        "programme.yaml:22: power.p.contract.capacity_usd_per_kw_year: unknown key. Allowed here: "
        "escalation_fraction, kind, price_usd_per_mwh, take, term_years."
    )
    (told,) = refusal(read, SMALL + power.replace("CONTRACT", "kind: tolling, term_years: 20"))
    assert "power.p.contract.capacity_usd_per_kw_year: is missing" in told


def test_figures_know_their_line_and_source(read: Read) -> None:
    found = read(
        SMALL.replace("discount_fraction: 6.5%", "discount_fraction: {value: 7%, source: book}")
        + "sources: {book: {title: A book, date: 2024}}\n"
    )
    assert found.programme.planning.discount_fraction == pytest.approx(0.07)
    assert found.sources["book"].date == "2024"
    assert found.figure_sources["planning", "discount_fraction"].source == "book"
    assert found.line_of(("planning", "discount_fraction")) == 6
    assert found.line_of(("campuses", "farm", "phases", 1, "it_mw")) == 19
    assert found.text.startswith("gigaplan: 1")


def test_a_range_is_read_in_the_unit_of_its_figure(read: Read) -> None:
    text = SMALL.replace(
        "it_mw_by_year: {2028: 100 MW, 2030: 200 MW}",
        "it_mw_by_year: {value: {2028: 100 MW, 2030: 0.2 GW}, source: b, low: 90, high: 0.3 GW}",
    )
    note = read(text + "sources: {b: {title: A book}}\n").figure_sources["target", "it_mw_by_year"]
    assert (note.low, note.high) == (90, 300)


def test_files_are_looked_for_from_the_folder_of_the_programme(read: Read, tmp_path: Path) -> None:
    text = SMALL.replace(
        "cooling: liquid_dry", "cooling: liquid_dry, weather_file: {path: w/a.epw, format: epw}"
    )
    (told,) = refusal(read, text)
    assert told.endswith("there is no file 'w/a.epw'. Paths start from the programme's folder.")
    (tmp_path / "w").mkdir()
    (tmp_path / "w/a.epw").write_text("LOCATION")
    assert read(text).folder == tmp_path


def test_a_programme_may_be_written_as_json(tmp_path: Path) -> None:
    """JSON is YAML 1.2: years that are keys are texts, and an emoji is two escapes."""
    value = read_tree(locate("one-campus")).value | {"title": "Campus 🏗"}
    file = tmp_path / "programme.yaml"
    file.write_text(json.dumps(value), "utf-8")
    found = read_programme(file).programme
    assert found.title == "Campus 🏗"
    assert found.target == read_programme(locate("one-campus")).programme.target


_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(["345 MW", "4 billion USD", "2030-06", "ohio", "ppa", "6%", "own"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["value", "source", "low", "kind", "2030", "farm", "title"]),
                st.text(max_size=5),
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def _places(value: Any, path: FieldPath = ()) -> list[FieldPath]:
    """Every field of a tree, holders too."""
    found = {path[:end] for path, _ in leaves(value) for end in range(1, len(path) + 1)}
    return sorted(found, key=str)


def _with(value: Any, path: FieldPath, new: Any) -> Any:
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


_TREE = read_tree(locate("one-campus")).value
_PLACES = _places(_TREE)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.lists(st.tuples(st.sampled_from(_PLACES), _VALUES), min_size=1, max_size=3))
def test_any_value_anywhere_is_a_programme_or_told_with_file_and_line(
    changes: list[tuple[FieldPath, Any]], tmp_path: Path
) -> None:
    value = _TREE
    for path, new in changes:
        try:
            value = _with(value, path, new)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took that place away
    file = tmp_path / "programme.yaml"
    file.write_text(json.dumps(value), "utf-8")  # JSON is YAML 1.2
    told = _told_of(file)
    assert all(line.startswith("p.yaml") and line.isprintable() for line in told), told
    assert not any("Errno" in line for line in told)


def _told_of(file: Path) -> list[str]:
    try:
        read_programme(file, "p.yaml")
    except InputError as error:
        return [str(problem) for problem in error.problems]
    return []


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_told_as_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.mktemp("bytes", numbered=True) / "programme.yaml"
    file.write_bytes(data)
    with pytest.raises(InputError):
        read_programme(file)
