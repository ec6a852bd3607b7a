"""File to YAML 1.2 nodes: refuses what is no text, no YAML, or too much, and says where.

Limits are checked while the text is composed, so that a file too large is
refused soon and one nested too deep does not exhaust the stack.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gigaplan.core.errors import InputError, Problem

MAX_BYTES = 1_000_000
MAX_NODES = 40_000
MAX_DEPTH = 40


def read_text(path: Path, shown: str) -> str:
    """Return the text of a programme file.

    Raises
    ------
    InputError
        If it is missing, unreadable, too large, empty, or no UTF-8 text.
    """

    def fail(message: str, hint: str = "") -> InputError:
        return InputError(Problem(message, file=shown, hint=hint))

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise fail("there is no such file.") from None
    except IsADirectoryError:
        raise fail("is a folder; a programme is one YAML file.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise fail(f"cannot be read: {why}.") from None
    if len(data) > MAX_BYTES:
        raise fail(
            f"is over {MAX_BYTES // 1_000_000} MB; a programme is at most that.",
            "Name series files in it instead of writing their values.",
        )
    if not data.strip():
        raise fail("is empty; a programme needs at least gigaplan: 1 and a name.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            Problem("is not UTF-8 text; a programme is a YAML text file.", file=shown, line=line)
        ) from None
    if "\x00" in text:
        raise fail("holds a NUL character, so it is no text; a programme is a YAML text file.")
    return text


def compose(text: str, shown: str) -> Any:
    """Return the root node of one YAML 1.2 document, or None if it holds nothing.

    Raises
    ------
    InputError
        If it is no valid YAML 1.2, or beyond the limits.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    _refuse_other_version(text, shown)
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    yaml.Composer = _bounded_composer(shown)
    try:
        return yaml.compose(text)
    except MarkedYAMLError as error:
        what = (error.problem or error.context or "it cannot be read").removeprefix("but ")
        mark, begin = error.problem_mark or error.context_mark, error.context_mark
        if begin and ("end of stream" in what or "<stream end>" in what):
            mark = begin  # where the quote or bracket was opened
        elif begin and mark.line != begin.line and "document" not in what:
            what += f", in what begins on line {begin.line + 1}"
        line = mark.line + 1 if mark else 0
        raise InputError(_not_yaml(what, shown, line)) from None
    except YAMLError as error:
        first = str(error).splitlines()[0] if str(error) else "it cannot be read"
        line = text[: getattr(error, "position", 0)].count("\n") + 1
        raise InputError(_not_yaml(first, shown, line)) from None


_ADVICE = (
    ("cannot start any token", "Indent with spaces, and put a text that begins so in quotes."),
    ("mapping values are not allowed here", "Put a text that holds ': ' in quotes."),
    ("unexpected end of stream", "A quotation mark is never closed."),
    ("<stream end>", "A bracket is never closed."),
    ("expected ',' or", "Close the bracket, or put a comma between its parts."),
    ("another document", "A programme is one document: remove the line ---."),
    ("<block end>", "Check how far the lines above it are indented."),
)


def _not_yaml(what: str, shown: str, line: int) -> Problem:
    hint = next((advice for sign, advice in _ADVICE if sign in what), "")
    return Problem(f"is not valid YAML: {what}.", file=shown, line=line, hint=hint)


def _refuse_other_version(text: str, shown: str) -> None:
    """Refuse a ``%YAML`` line of another version, under which ``NO`` would be read as false."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("%YAML") and line.split()[1:] != ["1.2"]:
            raise InputError(
                Problem(
                    f"found '{line[:40]}'; a programme is YAML 1.2.",
                    file=shown,
                    line=number,
                    hint="Remove the line.",
                )
            )
        if line.strip() and not line.startswith(("#", "%")):
            return


def _bounded_composer(shown: str) -> Any:
    """Return a composer that stops at the first node too many or too deep."""
    from ruamel.yaml.composer import Composer

    class Bounded(Composer):
        def __init__(self, loader: Any = None) -> None:
            super().__init__(loader)
            self.warn_double_anchors = False  # YAML 1.2 lets an anchor be defined anew
            self.nodes = 0
            self.level = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.nodes += 1
            self.level += 1
            if self.nodes > MAX_NODES or self.level > MAX_DEPTH:
                line = self.parser.peek_event().start_mark.line + 1
                raise InputError(
                    too_many(shown, line) if self.nodes > MAX_NODES else too_deep(shown, line)
                )
            node = super().compose_node(parent, index)
            self.level -= 1
            return node

    return Bounded


def too_many(shown: str, line: int) -> Problem:
    """Return the problem of a file with too many values."""
    return Problem(
        f"grows to over {MAX_NODES:,} values, by aliases or by length.",
        file=shown,
        line=line,
        hint="Name series files in it instead of writing their values.",
    )


def too_deep(shown: str, line: int) -> Problem:
    """Return the problem of a file nested too deep."""
    return Problem(f"is nested deeper than {MAX_DEPTH} levels.", file=shown, line=line)
