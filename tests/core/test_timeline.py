from __future__ import annotations

import calendar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.core.timeline import (
    Timeline,
    hours_in_month,
    month_index,
    month_start,
    month_text,
)


def test_a_month_is_counted_from_january_of_year_zero() -> None:
    assert month_index("2030-01") == 12 * 2030
    assert month_index("2030-06") == 12 * 2030 + 5


@given(st.integers(12 * 1900, 12 * 2200 + 11))
def test_text_and_number_of_a_month_are_each_others_inverse(index: int) -> None:
    assert month_index(month_text(index)) == index
    assert month_start(index).strftime("%Y-%m") == month_text(index)


@pytest.mark.parametrize(
    "text",
    ["2030", "2030-13", "2030-00", "2030-6", "2030-06-01", "06-2030", "2030-06\n", "٢٠٣٠-٠٦", ""],
)
def test_what_is_no_month_is_refused_with_the_form_to_write(text: str) -> None:
    with pytest.raises(InputError, match=r"is not a month\. Write it as YYYY-MM, such as 2030-06"):
        month_index(text)


@pytest.mark.parametrize("text", ["1899-12", "2201-01", "0000-01"])
def test_a_month_far_outside_any_programme_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="outside the years 1900 to 2200"):
        month_index(text)


def test_hours_of_months_add_up_to_the_hours_of_years() -> None:
    for year in (2023, 2024, 2100):
        hours = sum(hours_in_month(12 * year + month) for month in range(12))
        assert hours == 24 * (366 if calendar.isleap(year) else 365)


def test_a_timeline_holds_both_its_ends() -> None:
    timeline = Timeline.of("2026-11", "2028-02")
    assert len(timeline) == 16
    assert timeline.months[0] == "2026-11"
    assert timeline.months[-1] == "2028-02"
    assert timeline.years == (2026, 2027, 2028)
    np.testing.assert_array_equal(timeline.year_of_month, [2026] * 2 + [2027] * 12 + [2028] * 2)
    assert timeline.position(month_index("2027-01")) == 2


def test_a_timeline_of_one_month_is_allowed() -> None:
    timeline = Timeline.of("2030-06", "2030-06")
    assert len(timeline) == 1
    assert timeline.months == ("2030-06",)


def test_a_timeline_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="the last month 2029-12 is before the first 2030-01"):
        Timeline.of("2030-01", "2029-12")
