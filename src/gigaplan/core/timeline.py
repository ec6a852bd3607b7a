"""Months and periods: the calendar that delivery and finance share.

A month is an integer count of months since January of year 0, so that month
arithmetic is integer arithmetic: ``12 * year + (month - 1)``.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, require

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
MONTHS_PER_YEAR = 12
HOURS_PER_YEAR = 8760


def month_index(text: str) -> int:
    """Return the month number of ``YYYY-MM``.

    Raises
    ------
    InputError
        If `text` is not a month of the years 1900 to 2200.
    """
    match = _MONTH.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 12:
        raise InputError(f"'{text}' is not a month. Write it as YYYY-MM, such as 2030-06.")
    require(1900 <= int(match[1]) <= 2200, f"'{text}' is outside the years 1900 to 2200.")
    return MONTHS_PER_YEAR * int(match[1]) + int(match[2]) - 1


def month_text(index: int) -> str:
    """Return ``YYYY-MM`` for a month number."""
    year, month = divmod(int(index), MONTHS_PER_YEAR)
    return f"{year:04d}-{month + 1:02d}"


def month_start(index: int) -> date:
    """Return the first day of a month number."""
    year, month = divmod(int(index), MONTHS_PER_YEAR)
    return date(year, month + 1, 1)


def hours_in_month(index: int) -> int:
    """Return the hours of a month, 24 times its days."""
    year, month = divmod(int(index), MONTHS_PER_YEAR)
    return 24 * calendar.monthrange(year, month + 1)[1]


@dataclass(frozen=True)
class Timeline:
    """A run of whole months, both ends included.

    Parameters
    ----------
    first, last : int
        Month numbers, see `month_index`.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        require(
            self.first <= self.last,
            f"the last month {month_text(self.last)} is before the first {month_text(self.first)}.",
        )

    @classmethod
    def of(cls, first: str, last: str) -> Timeline:
        """Build from two ``YYYY-MM`` texts."""
        return cls(month_index(first), month_index(last))

    def __len__(self) -> int:
        return self.last - self.first + 1

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Every month as ``YYYY-MM``."""
        return tuple(month_text(i) for i in range(self.first, self.last + 1))

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Every calendar year touched, in order."""
        return tuple(
            range(self.first // MONTHS_PER_YEAR, self.last // MONTHS_PER_YEAR + 1),
        )

    @cached_property
    def year_of_month(self) -> NDArray[np.int64]:
        """Calendar year of each month, shape [month]."""
        return np.arange(self.first, self.last + 1, dtype=np.int64) // MONTHS_PER_YEAR

    def position(self, month: int) -> int:
        """Return where a month number stands here; negative or past the end if outside."""
        return month - self.first
