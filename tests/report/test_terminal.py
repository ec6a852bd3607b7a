from __future__ import annotations

import pytest

from gigaplan.report import RunView, stage_for_terminal, tables_for_terminal
from gigaplan.report.terminal import WIDTH, text_table


def test_the_terminal_tables_fit_in_eighty_columns(view: RunView) -> None:
    lines = tables_for_terminal(view).split("\n")
    assert max(map(len, lines)) <= WIDTH
    text = "\n".join(lines)
    assert text.isprintable() or "\n" in text
    assert "nan" not in text.lower().split()
    for title in ("IT online", "Operation", "Capital", "Money"):
        assert title in text


@pytest.mark.parametrize(
    ("until", "part", "words"),
    [
        ("plan", "plan", "within 0.5% of the best"),
        ("deliver", "delivery", "What is in the way"),
        ("operate", "operations", "Hours short"),
        ("finance", "finance", "Required revenue"),
    ],
)
def test_each_stage_says_what_it_found(until: str, part: str, words: str, view: RunView) -> None:
    rows = {name: view.tables[name].to_dict("records") for name in view.tables}
    text = stage_for_terminal(until, view.summary[part], rows)
    assert words in text
    assert max(map(len, text.split("\n"))) <= WIDTH


def test_a_long_name_gives_way_to_the_numbers() -> None:
    text = text_table("T", ("What", "Size"), [("x" * 200, "12 GW")])
    assert max(map(len, text.split("\n"))) == WIDTH
    assert text.endswith("12 GW")


def test_a_table_without_rows_is_left_out() -> None:
    assert text_table("T", ("a",), []) == ""
