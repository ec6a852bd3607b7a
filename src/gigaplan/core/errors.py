"""Errors worded for the person who wrote the input.

Every error gigaplan raises on purpose derives from `GigaplanError` and carries
the exit code that the command line returns for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line returns."""

    DONE = 0
    INTERNAL_ERROR = 1
    INPUT_WRONG = 2
    INFEASIBLE = 3
    STOPPED = 4


class GigaplanError(Exception):
    """Base of every error that gigaplan raises on purpose."""

    exit_code: ExitCode = ExitCode.INTERNAL_ERROR


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input.

    Parameters
    ----------
    message : str
        What was found and what is allowed, one sentence.
    field : str
        Dotted path of the field, such as ``sites.hyperion.latitude``; may be empty.
    file : str
        File the field stands in; empty for Python input.
    line : int
        Line in that file, counted from 1; 0 if it has none.
    hint : str
        What to do about it; may be empty.
    """

    message: str
    field: str = ""
    file: str = ""
    line: int = 0
    hint: str = ""

    def __str__(self) -> str:
        where = self.file + (f":{self.line}" if self.line else "")
        parts = [part for part in (where, self.field) if part]
        text = ": ".join([*parts, self.message])
        return _printable(f"{text} {self.hint}" if self.hint else text)


def _printable(text: str) -> str:
    """Return text with control characters escaped: what stands in a file may hold any."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class InputError(GigaplanError, ValueError):
    """The input is wrong; holds every problem found, not only the first."""

    exit_code = ExitCode.INPUT_WRONG

    def __init__(self, problems: Problem | str | Sequence[Problem], *, field: str = "") -> None:
        if isinstance(problems, str):
            problems = Problem(problems, field=field)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InfeasibleError(GigaplanError):
    """No plan meets the user's own statements; names which, and what relaxing each would take."""

    exit_code = ExitCode.INFEASIBLE


class SolverError(GigaplanError):
    """A solver ended without a result that passes our own checks."""


class StoppedError(GigaplanError):
    """The work was stopped before its end; what was done is kept."""

    exit_code = ExitCode.STOPPED


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for the allowed name nearest to `name`, or an empty text."""
    close = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.6)
    return f"Did you mean '{close[0]}'?" if close else ""


def require(condition: bool, message: str, *, field: str = "", hint: str = "") -> None:
    """Raise `InputError` with `message` unless `condition` holds."""
    if not condition:
        raise InputError(Problem(message, field=field, hint=hint))
