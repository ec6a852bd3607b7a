from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.programme.yaml_text import MAX_NODES
from gigaplan.programme.yaml_tree import (
    SourceNote,
    dotted,
    leaves,
    nearest_line,
    parse_tree,
    read_tree,
)


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_tree(text, "p.yaml")
    return str(caught.value)


def test_values_are_those_of_yaml_1_2() -> None:
    """Where YAML 1.1 reads otherwise: NO, 1:30, 0777, 6e8, a date."""
    text = """
a: NO
b: 1:30
c: 0777
d: 6e8
e: 2030-06
f: 2030-06-01
g: true
h: ~
i: .nan
j: -.inf
k: 0x1F
l: 1_000
m: 'true'
"""
    value = parse_tree(text).value
    assert math.isnan(value.pop("i"))
    assert value == {
        "a": "NO",
        "b": "1:30",
        "c": 777,
        "d": 6e8,
        "e": "2030-06",
        "f": "2030-06-01",
        "g": True,
        "h": None,
        "j": -math.inf,
        "k": 31,
        "l": 1000,
        "m": "true",
    }


def test_every_field_knows_its_line_and_its_nearest_holder() -> None:
    tree = parse_tree("a:\n  b: 1\n  c:\n    - x\n    - y\n2030: {d: 2}\n")
    assert tree.lines[("a",)] == 1
    assert tree.lines[("a", "b")] == 2
    assert tree.lines[("a", "c", 1)] == 5
    assert tree.lines[(2030, "d")] == 6
    assert tree.line_of(("a", "c", 1, "nothing", "here")) == 5
    assert tree.line_of(("nothing",)) == 1
    assert nearest_line({}, ("a",)) == 0


def test_a_sourced_value_stands_for_itself_and_its_source_is_kept() -> None:
    tree = parse_tree(
        "sources: {s: {title: t}}\n"
        "a: {value: 345 MW, source: s, mark: derived, note: from b, low: 300, high: 400}\n"
        "b:\n  value:\n    2027: 1\n    2028: 2\n  source: s\n"
    )
    assert tree.value["a"] == "345 MW"
    assert tree.value["b"] == {2027: 1, 2028: 2}
    assert tree.sources == {
        ("a",): SourceNote("s", "derived", "from b", 300, 400),
        ("b",): SourceNote("s", "stated"),
    }
    assert tree.lines[("b", 2028)] == 6
    assert tree.lines[("a", "source")] == 2


def test_figures_within_a_sourced_mapping_may_have_sources_of_their_own() -> None:
    tree = parse_tree("a:\n  value: {b: {value: 1, source: t}, c: 2}\n  source: s\n")
    assert tree.value == {"a": {"b": 1, "c": 2}}
    assert {path: note.source for path, note in tree.sources.items()} == {
        ("a", "b"): "t",
        ("a",): "s",
    }


def test_an_alias_stands_at_each_place_with_its_source() -> None:
    tree = parse_tree("a: &x {b: {value: 1, source: s}}\nc: *x\n")
    assert tree.value == {"a": {"b": 1}, "c": {"b": 1}}
    assert set(tree.sources) == {("a", "b"), ("c", "b")}
    assert tree.line_of(("c", "b")) == 1
    assert tree.line_of(("c",)) == 2


def test_an_anchor_may_be_defined_anew() -> None:
    assert parse_tree("a: &x 1\nb: &x 2\nc: *x\n").value == {"a": 1, "b": 2, "c": 2}


def test_all_doubled_keys_are_told_at_once() -> None:
    told = refusal("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n")
    assert told == (
        "p.yaml:3: a: stands twice (first on line 1).\n"
        "p.yaml:4: c.d: stands twice (first on line 4)."
    )


def test_a_key_beside_value_may_stand_once_only() -> None:
    assert "a.mark: stands twice (first on line 1)" in refusal(
        "a: {value: 1, source: s, mark: stated, mark: derived}"
    )


@pytest.mark.parametrize(
    "text", ["a: !!int many", "a: !!float many", "a: !!bool maybe", "a: !!null x", "a: !!set {b}"]
)
def test_a_tag_does_not_make_a_value_of_what_is_none(text: str) -> None:
    assert refusal(text).startswith("p.yaml:1: a: ")


def test_half_a_character_is_refused() -> None:
    assert refusal('a: "\\ud83d"') == "p.yaml:1: a: holds half a character."
    assert parse_tree('a: "\\ud83d\\ude00"').value == {"a": "😀"}


def test_aliases_grow_a_file_up_to_the_limit_and_no_further() -> None:
    ten = "a: &a [{}]\n".format(", ".join("1" * 10))
    fits = "b: [{}]\n".format(", ".join(["*a"] * (MAX_NODES // 11 - 10)))
    too_many = "b: [{}]\n".format(", ".join(["*a"] * (MAX_NODES // 11 + 10)))
    assert len(parse_tree(ten + fits).value["b"]) == MAX_NODES // 11 - 10
    assert "grows to over 40,000 values" in refusal(ten + too_many)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes("﻿a: Zürich\n".encode())
    assert read_tree(tmp_path / "p.yaml").value == {"a": "Zürich"}


def test_a_path_reads_as_people_write_it() -> None:
    assert dotted(("a", "b", 2, "c")) == "a.b[2].c"
    assert dotted(("a", 2030)) == "a.2030"
    assert dotted(("x" * 100,)) == "x" * 60
    assert dotted(()) == ""


def test_leaves_are_every_value_with_its_path() -> None:
    assert dict(leaves({"a": [1, {"b": 2}], "c": None})) == {
        ("a", 0): 1,
        ("a", 1, "b"): 2,
        ("c",): None,
    }


_MARKS = ["{", "}", "[", "]", ", ", "b: ", "- ", "? ", "| ", "> ", "#", "'", '"', "&x ", "*x"]
_WORDS = ["a", "1", "1e9", ".nan", "~", "value: ", "source: ", "low: ", "<<: ", "!!int "]
_LINES = ["\n", "  ", "\t", "---\n", "%YAML 1.2\n", "\u2028", "\x85", "😀"]
_SCRAPS = st.lists(st.sampled_from([*_MARKS, *_WORDS, *_LINES]), max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@example("value")
@example("{value: 1, note: {value: 2, source: s, low: 1}, source: t}")
@given(st.one_of(st.text(max_size=200), _SCRAPS))
def test_any_text_is_a_tree_or_an_input_error(text: str) -> None:
    try:
        tree = parse_tree(text, "p.yaml")
    except InputError as error:
        for line in str(error).split("\n"):
            assert line.startswith("p.yaml")
            assert line.isprintable()
    else:
        assert isinstance(tree.value, dict)
        assert all(line >= 1 for line in tree.lines.values())
