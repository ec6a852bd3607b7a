"""YAML 1.2 text to plain values, with the line of every field and the source of every figure.

Any figure may be written alone (``345 MW``) or with where it is from::

    unit_mw: {value: 345 MW, source: terrapower, mark: stated, note: base output}

`source` names an entry of the file's top-level ``sources`` section. The tree
that comes out holds the value alone; the source goes to `YamlTree.sources`.

The text is composed to nodes and walked with limits on size, depth and
expanded aliases, so that a small file cannot become a large one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from gigaplan.core.errors import InputError, Problem, nearest

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 40
_SOURCED_KEYS = {"value", "source", "mark", "note", "low", "high"}
_MARKS = ("stated", "derived", "assumed")

FieldPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class SourceNote:
    """Where one figure of a programme is from."""

    source: str
    mark: str
    note: str = ""
    low: Any = None
    high: Any = None


@dataclass
class YamlTree:
    """Values, and where each stands."""

    file: str
    text: str = ""
    value: Any = None
    lines: dict[FieldPath, int] = field(default_factory=dict)
    sources: dict[FieldPath, SourceNote] = field(default_factory=dict)

    def line_of(self, path: FieldPath) -> int:
        """Return the line of a field, or of the nearest field that holds it."""
        return nearest_line(self.lines, path)


def nearest_line(lines: Mapping[FieldPath, int], path: FieldPath) -> int:
    """Return the line of a field, or of the nearest field that holds it; 0 if none does."""
    for end in range(len(path), -1, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 0


def read_tree(path: Path, shown: str | None = None) -> YamlTree:
    """Read one YAML file.

    Parameters
    ----------
    path : Path
        The file.
    shown : str, optional
        How messages name it; the path if left out.

    Raises
    ------
    InputError
        If it is missing, unreadable, binary, too large, or no valid YAML 1.2 mapping.
    """
    shown = shown or str(path)
    return parse_tree(_read_text(path, shown), shown)


def _read_text(path: Path, shown: str) -> str:
    def fail(message: str, hint: str = "") -> InputError:
        return InputError(Problem(message, file=shown, hint=hint))

    if not path.exists():
        raise fail("there is no such file.")
    if path.is_dir():
        raise fail("is a folder; a programme is one YAML file.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}.") from None
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


def parse_tree(text: str, shown: str = "<text>") -> YamlTree:
    """Parse YAML text; see `read_tree`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    _refuse_deep_nesting(text, shown)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "it cannot be read"
        line = mark.line + 1 if mark else 0
        raise InputError(Problem(f"is not valid YAML: {what}.", file=shown, line=line)) from None
    except YAMLError as error:
        first = str(error).splitlines()[0] if str(error) else "it cannot be read"
        line = text[: getattr(error, "position", 0)].count("\n") + 1
        raise InputError(Problem(f"is not valid YAML: {first}.", file=shown, line=line)) from None
    except RecursionError:
        raise InputError(
            Problem(f"is nested deeper than {MAX_DEPTH} levels.", file=shown)
        ) from None
    tree = YamlTree(shown, text)
    if node is None:
        raise InputError(Problem("holds nothing but comments.", file=shown))
    walker = _Walker(tree)
    tree.value = walker.build(node, ())
    if walker.problems:
        raise InputError(walker.problems)
    if not isinstance(tree.value, dict):
        raise InputError(
            Problem(
                "is not a mapping of keys to values; a programme begins with gigaplan: 1.",
                file=shown,
                line=tree.line_of(()),
            )
        )
    return tree


def _refuse_deep_nesting(text: str, shown: str) -> None:
    """Refuse flow nesting beyond the limit before the composer recurses into it."""
    depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth += 1 if match[0] in "[{" else -1
        if depth > MAX_DEPTH:
            line = text[: match.start()].count("\n") + 1
            raise InputError(
                Problem(f"is nested deeper than {MAX_DEPTH} levels.", file=shown, line=line)
            )


class _Walker:
    """Builds plain values from composed nodes, within limits."""

    def __init__(self, tree: YamlTree) -> None:
        self.tree = tree
        self.count = 0
        self.open: set[int] = set()
        self.problems: list[Problem] = []

    def build(self, node: Any, path: FieldPath) -> Any:
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        line = node.start_mark.line + 1
        self.tree.lines.setdefault(path, line)
        self.count += 1
        if self.count > MAX_NODES:
            self._stop(f"grows to over {MAX_NODES} values, by aliases or by length.", line)
        if len(path) > MAX_DEPTH:
            self._stop(f"is nested deeper than {MAX_DEPTH} levels.", line)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if id(node) in self.open:
            self._stop("an alias refers to the mapping or list that holds it.", line)
        self.open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
        finally:
            self.open.discard(id(node))
        return self._stop("holds something that is no mapping, list or value.", line)

    def _stop(self, message: str, line: int) -> NoReturn:
        raise InputError(Problem(message, file=self.tree.file, line=line))

    def _problem(self, path: FieldPath, message: str, line: int, hint: str = "") -> None:
        self.problems.append(
            Problem(message, field=dotted(path), file=self.tree.file, line=line, hint=hint)
        )

    def _scalar(self, node: Any, path: FieldPath) -> Any:
        tag, text = node.tag.rpartition(":")[2], node.value
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        try:
            if tag == "int":
                return _integer(text)
            if tag == "float":
                return float(
                    text.replace("_", "")
                    .replace(".inf", "inf")
                    .replace(".nan", "nan")
                    .replace(".Inf", "inf")
                    .replace(".NaN", "nan")
                    .replace(".INF", "inf")
                    .replace(".NAN", "nan")
                )
        except ValueError:
            self._problem(path, f"'{text[:40]}' is not a number.", node.start_mark.line + 1)
            return None
        if tag not in ("str", "timestamp"):
            self._problem(
                path,
                f"the tag '{node.tag}' is not allowed.",
                node.start_mark.line + 1,
                "Write the plain value.",
            )
        return text

    def _mapping(self, node: Any, path: FieldPath) -> Any:
        out: dict[Any, Any] = {}
        if {key.value for key, _ in node.value if isinstance(key.value, str)} >= {
            "value",
            "source",
        }:
            return self._sourced(node, path)
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node.value, str):
                self._problem(path, "a key is a list or mapping; a key is one word.", line)
                continue
            key = self._scalar(key_node, path)
            if not isinstance(key, str | int) or isinstance(key, bool):
                key = key_node.value
            if key in out:
                first = self.tree.lines[(*path, key)]
                self._problem((*path, key), f"stands twice (first on line {first}).", line)
                continue
            self.tree.lines[(*path, key)] = line
            out[key] = self.build(value_node, (*path, key))
        return out

    def _sourced(self, node: Any, path: FieldPath) -> Any:
        parts: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key not in _SOURCED_KEYS:
                self._problem(
                    (*path, key),
                    "unknown key beside a figure's value and source.",
                    line,
                    nearest(key, _SOURCED_KEYS),
                )
                continue
            parts[key] = self.build(value_node, (*path, key))
            if key == "value":
                for inner in [p for p in self.tree.lines if p[: len(path) + 1] == (*path, key)]:
                    self.tree.lines.setdefault((*path, *inner[len(path) + 1 :]), line)
        mark = parts.get("mark", "stated")
        if mark not in _MARKS:
            self._problem(
                (*path, "mark"),
                f"found '{mark}'; stated, derived or assumed is allowed.",
                self.tree.line_of((*path, "mark")),
            )
        self.tree.sources[path] = SourceNote(
            str(parts["source"]),
            str(mark),
            str(parts.get("note") or ""),
            parts.get("low"),
            parts.get("high"),
        )
        return parts["value"]


def _integer(text: str) -> int | float:
    plain = text.replace("_", "")
    if len(plain) > 40:
        return float("inf")
    lowered = plain.lower()
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if lowered.lstrip("+-").startswith(prefix):
            return int(lowered, base)
    return int(plain)


def dotted(path: FieldPath) -> str:
    """Return a path as people write it: ``campuses.hyperion.phases[2].it_mw``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) and part < 1000 else f".{part}"
    return text.lstrip(".")


def leaves(value: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    """Yield every value that is no mapping or list, with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(item, (*path, i))
    else:
        yield path, value
