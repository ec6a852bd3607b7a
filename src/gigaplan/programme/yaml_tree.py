"""YAML 1.2 text to plain values, with the line of every field and the source of every figure.

Any figure may be written alone (``345 MW``) or with where it is from::

    unit_mw: {value: 345 MW, source: terrapower, mark: stated, note: base output}

`source` names an entry of the file's top-level ``sources`` section. The tree
that comes out holds the value alone; the source goes to `YamlTree.sources`.

The nodes that `yaml_text` composes are walked with a limit on what aliases
expand to, so that a small file cannot become a large one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.programme.yaml_text import (
    MAX_DEPTH,
    MAX_NODES,
    compose,
    read_text,
    too_deep,
    too_many,
)

_SOURCED_KEYS = {"value", "source", "mark", "note", "low", "high"}
_MARKS = ("stated", "derived", "assumed")
_TAGS = "tag:yaml.org,2002:"
_FLOAT_WORDS = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}

FieldPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class SourceNote:
    """Where one figure of a programme is from.

    ``low`` and ``high`` are as written until `ranges` has read them as numbers
    in the field's unit.
    """

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

    def at(self, path: FieldPath, otherwise: Any = None) -> Any:
        """Return the value at a path, or `otherwise` if nothing stands there."""
        value = self.value
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return otherwise
        return value


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
    return parse_tree(read_text(path, shown), shown)


def parse_tree(text: str, shown: str = "<text>") -> YamlTree:
    """Parse YAML text; see `read_tree`."""
    node = compose(text, shown)
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
            raise InputError(too_many(self.tree.file, line))
        if len(path) > MAX_DEPTH:
            raise InputError(too_deep(self.tree.file, line))
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if id(node) in self.open:
            self._stop("an alias refers to the mapping or list that holds it.", line)
        if node.tag not in (f"{_TAGS}map", f"{_TAGS}seq"):
            self._refuse_tag(node, path)
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

    def _refuse_tag(self, node: Any, path: FieldPath) -> None:
        name = str(node.tag).removeprefix(_TAGS)
        shown = f"!!{name}" if name != node.tag else name
        self._problem(
            path,
            f"the tag '{shown[:60]}' is not allowed.",
            node.start_mark.line + 1,
            "Write the plain value.",
        )

    def _scalar(self, node: Any, path: FieldPath) -> Any:
        text = node.value
        tag = str(node.tag).removeprefix(_TAGS)
        if tag == "null" and text.lower() in ("", "~", "null"):
            return None
        if tag == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        try:
            if tag == "int":
                return _integer(text)
            if tag == "float":
                plain = text.replace("_", "").lower()
                return _FLOAT_WORDS[plain] if plain in _FLOAT_WORDS else float(plain)
        except ValueError:
            self._problem(path, f"'{text[:40]}' is not a number.", node.start_mark.line + 1)
            return None
        if tag not in ("str", "timestamp"):
            self._refuse_tag(node, path)
        return self._whole_characters(text, path, node)

    def _whole_characters(self, text: str, path: FieldPath, node: Any) -> str:
        """Return a text with escapes of two halves joined, as JSON writes an emoji."""
        if text.isascii():
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._problem(path, "holds half a character.", node.start_mark.line + 1)
            return ""

    def _mapping(self, node: Any, path: FieldPath) -> Any:
        names = {key.value for key, _ in node.value if isinstance(key.value, str)}
        if "value" in names or (names and names <= _SOURCED_KEYS and "source" in names):
            return self._sourced(node, path)
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node.value, str):
                self._problem(path, "a key is a list or mapping; a key is one word.", line)
                continue
            if key_node.tag == f"{_TAGS}merge":
                self._problem(
                    path,
                    "merge keys (<<) are not part of YAML 1.2.",
                    line,
                    "Write the keys out, or use an alias for the whole value.",
                )
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
        """Return the value of ``{value, source, ...}``, whose fields stand at `path` itself."""
        parts: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value)[:60], key_node.start_mark.line + 1
            where = (*path, key)
            if key not in _SOURCED_KEYS:
                self._problem(
                    where,
                    "unknown key beside a figure's value and source.",
                    line,
                    nearest(key, _SOURCED_KEYS)
                    or f"Allowed here: {', '.join(sorted(_SOURCED_KEYS))}.",
                )
                continue
            if key in parts:
                first = self.tree.lines[where]
                self._problem(where, f"stands twice (first on line {first}).", line)
                continue
            self.tree.lines[where] = line
            parts[key] = self.build(value_node, path if key == "value" else where)
        return self._noted(parts, path, node.start_mark.line + 1)

    def _noted(self, parts: Mapping[str, Any], path: FieldPath, line: int) -> Any:
        for key in ("value", "source"):
            if parts.get(key) is None:
                state = "empty" if key in parts else "missing"
                other = "source" if key == "value" else "value"
                self._problem(
                    (*path, key),
                    f"is {state}; a figure with a {other} needs its {key} too.",
                    self.tree.lines.get((*path, key), line),
                )
        if parts.get("source") is None:
            return parts.get("value")
        mark = parts.get("mark", "stated")
        if mark not in _MARKS:
            self._problem(
                (*path, "mark"),
                f"found '{str(mark)[:40]}'; stated, derived or assumed is allowed.",
                self.tree.line_of((*path, "mark")),
            )
        self.tree.sources[path] = SourceNote(
            str(parts["source"]),
            str(mark),
            str(parts.get("note") or ""),
            parts.get("low"),
            parts.get("high"),
        )
        return parts.get("value")


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
        text += f"[{part}]" if isinstance(part, int) and part < 1000 else f".{str(part)[:60]}"
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
