from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gigaplan.core.errors import (
    ExitCode,
    GigaplanError,
    InfeasibleError,
    InputError,
    Problem,
    SolverError,
    StoppedError,
    nearest,
    require,
)


def test_a_problem_reads_file_line_field_what_was_found_and_what_to_do() -> None:
    problem = Problem("found 3; at most 2 is allowed.", "a.b", "plan.yaml", 7, "Lower it.")
    assert str(problem) == "plan.yaml:7: a.b: found 3; at most 2 is allowed. Lower it."


def test_what_a_problem_does_not_know_leaves_no_trace() -> None:
    assert str(Problem("is empty.", file="plan.yaml")) == "plan.yaml: is empty."
    assert str(Problem("is empty.", field="a.b")) == "a.b: is empty."
    assert str(Problem("is empty.")) == "is empty."


@given(st.text(), st.text(), st.text(), st.text())
def test_a_problem_is_one_printable_line_whatever_stands_in_the_file(
    message: str, field: str, file: str, hint: str
) -> None:
    assert str(Problem(message, field, file, 1, hint)).isprintable()


def test_an_input_error_holds_every_problem_and_shows_each_on_a_line() -> None:
    error = InputError([Problem("one."), Problem("two.", field="b")])
    assert len(error.problems) == 2
    assert str(error) == "one.\nb: two."


def test_an_input_error_can_be_made_of_a_sentence_or_one_problem() -> None:
    assert InputError("wrong.", field="a").problems == (Problem("wrong.", field="a"),)
    assert InputError(Problem("wrong.")).problems == (Problem("wrong."),)


def test_every_kind_of_error_has_its_documented_exit_code() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4]
    assert InputError("x").exit_code == 2
    assert InfeasibleError("x").exit_code == 3
    assert StoppedError("x").exit_code == 4
    assert SolverError("x").exit_code == 1
    assert isinstance(InputError("x"), ValueError)
    for kind in (InputError, InfeasibleError, StoppedError, SolverError):
        assert issubclass(kind, GigaplanError)


def test_the_nearest_name_is_offered_only_where_one_is_near() -> None:
    assert nearest("hyperoin", ["hyperion", "prometheus"]) == "Did you mean 'hyperion'?"
    assert nearest("solar", ["hyperion", "prometheus"]) == ""
    assert nearest("x", []) == ""


def test_require_raises_only_where_the_condition_fails() -> None:
    require(True, "never shown.")
    with pytest.raises(InputError, match=r"^share: found 2; at most 1\. Lower it\.$"):
        require(False, "found 2; at most 1.", field="share", hint="Lower it.")
