"""What every part of a programme shares: strictness, names, months, years, stage tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from gigaplan.core.errors import InputError
from gigaplan.core.timeline import month_index
from gigaplan.programme.quantities import Months, describe


def wrong(message: str, *at: str | int) -> PydanticCustomError:
    """Return the error that puts `message`, worded for the file's writer, at a field.

    Parameters
    ----------
    message : str
        What was found and what is allowed.
    *at : str or int
        Where under the checked part the field stands; the part itself if left out.
    """
    return PydanticCustomError("programme", "{message}", {"message": message, "at": at})


def first_fall(values: Sequence[float], *, strictly: bool = False) -> int | None:
    """Return where values first fall (or, `strictly`, do not rise); None if nowhere."""
    for i in range(1, len(values)):
        if values[i] < values[i - 1] or (strictly and values[i] == values[i - 1]):
            return i
    return None


def repeated(values: Sequence[str]) -> int | None:
    """Return where a value first stands a second time; None if all differ."""
    return next((i for i, value in enumerate(values) if value in values[:i]), None)


def _month(found: Any) -> str:
    if not isinstance(found, str):
        raise wrong(f"found {describe(found)}; write a month as YYYY-MM, such as 2030-06.")
    try:
        month_index(found)
    except InputError as error:
        raise wrong(str(error)) from None
    return found


def _year(found: Any) -> Any:
    if isinstance(found, str) and re.fullmatch("[0-9]{4}", found):
        found = int(found)  # a key of JSON is always a text
    if isinstance(found, bool) or not isinstance(found, int):
        raise wrong(f"found {describe(found)}; write a calendar year, such as 2030.")
    if not 1990 <= found <= 2150:
        raise wrong(f"found {found}; a year from 1990 to 2150 is allowed.")
    return found


Month = Annotated[
    str,
    BeforeValidator(_month),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}$", "examples": ["2030-06"]}),
]
Year = Annotated[
    int,
    BeforeValidator(_year),
    WithJsonSchema({"type": "integer", "minimum": 1990, "maximum": 2150, "examples": [2030]}),
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


def _different(found: list[str]) -> list[str]:
    again = repeated(found)
    if again is not None:
        raise wrong(f"'{found[again]}' stands in the list twice; name it once.", again)
    return found


Names = Annotated[list[Name], AfterValidator(_different), Field(min_length=1)]
Count = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class Strict(BaseModel):
    """A part of a programme: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Quantiles(Strict):
    """A duration by its P10, P50 and P90."""

    p10: Months = Field(description="One in ten is at most this long.")
    p50: Months = Field(description="The median.")
    p90: Months = Field(description="Nine in ten are at most this long.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.p10 <= self.p50 <= self.p90:
            raise wrong(
                f"P10 {self.p10:g}, P50 {self.p50:g}, P90 {self.p90:g} months are out of order; "
                "each must be at least the one before."
            )
        return self


def _rising_years(found: dict[int, float]) -> dict[int, float]:
    years = list(found)
    fall = first_fall(years)
    if fall is not None:
        raise wrong(
            f"{years[fall]} stands after {years[fall - 1]}; write the years rising.", years[fall]
        )
    return found


def by_year(value: Any) -> Any:
    """Return the type of a value by calendar year, years rising."""
    return Annotated[dict[Year, value], AfterValidator(_rising_years), Field(min_length=1)]
