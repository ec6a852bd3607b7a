"""Writes the programme reference and the JSON Schema from the models themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gigaplan.programme.model import Programme
from gigaplan.programme.schema import json_schema

Schema = dict[str, Any]

HEAD = """\
# Programme reference

<!-- Made by docs/programme_reference.py from the models of gigaplan.programme: do not edit. -->

What may stand in a programme file, key by key. Keys without a default must be given; every other
key may be left out. An unknown key is an error that names the nearest right one.

- **A number** stands alone, in the field's own unit, or with any unit of the same kind:
  `unit_mw: 345`, `unit_mw: 345 MW`, `unit_mw: 0.345 GW`. A share is `0.4` or `40%`.
- **Any value may carry its source**: `{value: 345 MW, source: letter, mark: stated, note: page 3,
  low: 300 MW, high: 345 MW}`. `source` names an entry of `sources`; `mark` is stated (the default),
  derived or assumed. A source on a list or mapping holds for all that stands in it.
- **A month** is `2030-06`. **A name** has small letters, digits, `-` and `_`, at most 60.
- **From the catalogue**: where the description says so, what is left out is taken from the
  [catalogue](catalogue.md), with its source, and moved to the programme's base year.

An editor that knows JSON Schema completes and checks the file as it is written:
`gigaplan check --schema > programme.schema.json`, or take the
<a href="programme.schema.json">schema of this version</a>.
"""

SOURCES = """\
## `sources`

The works that figures of the file are from, by short name.

| key | holds | default | meaning |
|---|---|---|---|
| `title` | text | | Title, and who published it. |
| `url` | text | none | Where it can be read. |
| `date` | text | none | When: a year, a month or a day. |
"""


def write(target: Path) -> None:
    """Write the reference page, unless it is as it should be already."""
    text = page()
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")


def write_schema(target: Path) -> None:
    """Write the JSON Schema."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(json_schema(), indent=1) + "\n", "utf-8")


def page() -> str:
    """Return the reference page in Markdown."""
    schema = Programme.model_json_schema()
    definitions: Schema = schema.pop("$defs")
    parts = [HEAD, "## The file\n", _table(schema, definitions)]
    parts += [
        _section(name, paths, definitions) for name, paths in _places(schema, definitions).items()
    ]
    return "\n".join([*parts, SOURCES])


def _places(schema: Schema, definitions: Schema) -> dict[str, list[str]]:
    """Return every definition with the places in a file where it stands."""
    found: dict[str, list[str]] = {}

    def walk(part: Any, path: str) -> None:
        for name, below in _references(part, path):
            found.setdefault(name, []).append(below)
            if len(found[name]) == 1:
                for key, value in definitions[name].get("properties", {}).items():
                    walk(value, f"{below}.{key}")

    for key, value in schema["properties"].items():
        walk(value, key)
    return found


def _references(part: Any, path: str) -> list[tuple[str, str]]:
    """Return the definitions a field refers to, with the place each then stands at."""
    if isinstance(part, list):
        return [found for item in part for found in _references(item, path)]
    if not isinstance(part, dict):
        return []
    if "$ref" in part:
        return [(_name(part), path)]
    found = []
    for key, value in part.items():
        if key in ("patternProperties", "additionalProperties"):
            inner = list(value.values()) if key == "patternProperties" else value
            found += _references(inner, f"{path}.<{_entry_word(part)}>")
        elif key == "items":
            found += _references(value, f"{path}[]")
        elif key in ("anyOf", "oneOf"):
            found += _references(value, path)
    return found


def _section(name: str, paths: list[str], definitions: Schema) -> str:
    definition = definitions[name]
    kind = definition["properties"].get("kind", {}).get("const")
    title = f"`{paths[0]}`" + (f", kind `{kind}`" if kind else "")
    also = "".join(f", `{path}`" for path in paths[1:])
    text = definition["description"] + (f"\n\nThe same keys stand in {also[2:]}." if also else "")
    table = _table(definition, definitions)
    return f"({_anchor(name)})=\n## {title}\n\n{text}\n\n{table}"


def _table(definition: Schema, definitions: Schema) -> str:
    required = definition.get("required", [])
    rows = ["| key | holds | default | meaning |", "|---|---|---|---|"]
    for key, part in definition["properties"].items():
        default = "" if key in required else _default(part)
        meaning = _meaning(key, part, definitions)
        rows.append(f"| `{key}` | {_holds(part)} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _meaning(key: str, part: Schema, definitions: Schema) -> str:
    if key == "kind" and "const" in part:
        return "Which of its kinds it is."
    if "description" in part:
        return str(part["description"])
    return str(definitions[_name(part)]["description"])


def _default(part: Schema) -> str:
    if "const" in part:
        return ""
    default = part.get("default")
    if default is None:
        return "none"
    if isinstance(default, bool):
        return "true" if default else "false"
    return f"`{default}`" if isinstance(default, str) else f"{default:g}"


def _holds(part: Schema) -> str:
    """Return in words what a field holds."""
    if "x-unit" in part:
        return _quantity(part)
    if "$ref" in part:
        return _link(part)
    choices = [item for item in part.get("anyOf", []) if item.get("type") != "null"]
    if choices:
        return " or ".join(_holds(item) for item in choices)
    if "oneOf" in part:
        return "one of " + ", ".join(_link(item) for item in part["oneOf"])
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{item}`" for item in part["enum"])
    return _plain(part)


def _plain(part: Schema) -> str:
    kind = part.get("type")
    if kind == "array":
        return f"list of {_holds(part['items'])}"
    if kind == "object":
        inner = part.get("additionalProperties") or next(iter(part["patternProperties"].values()))
        return f"by {_key_word(part)}: {_holds(inner)}"
    if kind == "integer":
        if part.get("examples") == [2030]:
            return "year"
        return f"whole number, {part['minimum']:,} to {part['maximum']:,}"
    if kind == "string" and "pattern" in part:
        return "month" if r"\d{4}" in part["pattern"] else "name"
    return {"string": "text", "boolean": "true or false"}[str(kind)]


def _entry_word(part: Schema) -> str:
    """Return the word that stands for the key of an entry in a path."""
    return "name" if "enum" in part.get("propertyNames", {}) else _key_word(part)


def _key_word(part: Schema) -> str:
    names = part.get("propertyNames", {})
    if "enum" in names:
        return " or ".join(f"`{item}`" for item in names["enum"])
    if "patternProperties" in part:
        return "month" if any(r"\d{4}" in key for key in part["patternProperties"]) else "name"
    return "year"


def _quantity(part: Schema) -> str:
    number, text = part["anyOf"][:2]
    unit = part["x-unit"]
    others = [example.removeprefix("1 ") for example in text["examples"]]
    others = [other for other in others if other != unit]
    if unit == "USD":
        others = ["thousand, million, billion or trillion USD"]
    also = f" (or {', '.join(others)})" if others else ""
    low, high = number["minimum"], number["maximum"]
    if high >= 1e12:  # beyond any real programme: only there to refuse what cannot be meant
        return f"{unit}{also}" + (f", at least {low:g}" if low == 0 else "")
    return f"{unit}{also}, {low:,.15g} to {high:,.15g}"


def _name(part: Schema) -> str:
    return str(part["$ref"]).rpartition("/")[2]


def _link(part: Schema) -> str:
    return f"[{_name(part)}](#{_anchor(_name(part))})"


def _anchor(name: str) -> str:
    return f"programme-{name.lower()}"
