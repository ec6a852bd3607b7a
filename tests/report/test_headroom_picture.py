"""The picture of headroom: a panel an area, in the format its file's name asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from gigaplan.core.errors import InputError
from gigaplan.report.headroom import draw_headroom, headroom_spec

ROWS = [
    {
        "area": area,
        "rate_fraction": rate,
        "headroom_mw": 1000.0 + 40_000 * rate,
        "error_mw": error,
        "hours_per_year": 8000 * rate,
    }
    for area, error in (("north", 300.0), ("south", None))
    for rate in (0.001, 0.005, 0.05)
]


def test_the_band_is_two_standard_errors_and_none_with_one_year() -> None:
    drawn = headroom_spec(ROWS)["data"]["values"]
    assert drawn[0]["high"] - drawn[0]["low"] == pytest.approx(4 * 0.3)
    assert drawn[3]["high"] == drawn[3]["low"] == drawn[3]["gw"]
    assert drawn[2]["hours"] == "400 h"


def test_it_is_written_as_its_name_says(tmp_path: Path) -> None:
    draw_headroom(ROWS, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text("utf-8")
    assert text.startswith("<svg")
    assert "north" in text
    assert "south" in text
    draw_headroom(ROWS, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_another_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in .svg or .png"):
        draw_headroom(ROWS, tmp_path / "a.gif")
    assert not list(tmp_path.iterdir())
