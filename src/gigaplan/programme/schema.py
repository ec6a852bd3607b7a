"""The programme's form as data: JSON Schema, and the model that describes a place in the file."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema

from gigaplan.programme.model import Programme


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a programme file, for editors that complete and check it.

    Every value may also be written with its source, so the schema admits
    ``{value, source, mark, note, low, high}`` wherever a value stands.
    """
    schema = Programme.model_json_schema()
    definitions = {
        **{name: _admit_sources(_named_kind(d)) for name, d in schema.pop("$defs").items()},
        "Sourced": _SOURCED,
        "Source": _SOURCE,
    }
    admitted = _admit_sources(schema)
    admitted["properties"]["sources"] = {
        "type": "object",
        "description": "Works that figures of this file are from, by short name.",
        "additionalProperties": {"$ref": "#/$defs/Source"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **admitted,
        "title": "gigaplan programme",
        "$defs": definitions,
    }


_SOURCED: dict[str, Any] = {
    "type": "object",
    "description": "A value with where it is from.",
    "properties": {
        "value": {"description": "What would stand alone."},
        "source": {"type": "string", "description": "A name of the file's sources section."},
        "mark": {"enum": ["stated", "derived", "assumed"], "default": "stated"},
        "note": {"type": "string"},
        "low": {"description": "Low end of its range."},
        "high": {"description": "High end of its range."},
    },
    "required": ["value", "source"],
    "additionalProperties": False,
}

_SOURCE: dict[str, Any] = {
    "type": "object",
    "description": "A work that figures of a programme are from.",
    "properties": {
        "title": {"type": "string"},
        "url": {"type": "string"},
        "date": {"type": ["string", "integer"]},
    },
    "required": ["title"],
    "additionalProperties": False,
}

_ABOUT = ("description", "default", "x-unit")


def _named_kind(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition that asks for ``kind`` where it tells one definition from another."""
    if "const" not in definition.get("properties", {}).get("kind", {}):
        return definition
    return {**definition, "required": ["kind", *definition.get("required", [])]}


def _admit_sources(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose every property, entry and item may be written with its source."""
    out = {key: value for key, value in schema.items() if key != "title"}
    for group in ("properties", "patternProperties"):
        if group in out:
            out[group] = {name: _or_sourced(part) for name, part in out[group].items()}
    for one in ("additionalProperties", "items"):
        if isinstance(out.get(one), dict):
            out[one] = _or_sourced(out[one])
    if out.get("type") == "object" and "minLength" in out:  # pydantic's word for the least entries
        out["minProperties"] = out.pop("minLength")
    return out


def _or_sourced(schema: dict[str, Any]) -> dict[str, Any]:
    if "const" in schema:
        return schema
    about = {key: schema[key] for key in _ABOUT if key in schema}
    inner = _admit_sources({key: value for key, value in schema.items() if key not in _ABOUT})
    choices = inner.pop("anyOf", None) if set(inner) == {"anyOf"} else None
    plain = [_admit_sources(choice) for choice in choices] if choices else [inner]
    return {**about, "anyOf": [*plain, {"$ref": "#/$defs/Sourced"}]}


def kinds_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Return the kinds that the mapping at `path` may be of; none if it has no kinds."""
    annotation: Any = model
    for part in path:
        annotation = _step(annotation, part)
    fields = [candidate.model_fields.get("kind") for candidate in _models(annotation)]
    return [kind for field in fields if field is not None for kind in get_args(field.annotation)]


def type_at(path: tuple[str | int, ...]) -> Any:
    """Return the type, with its checks, of the field at a place of a programme."""
    annotation, known = _at(path)
    return Annotated[annotation, *known] if known else annotation


def unit_at(path: tuple[str | int, ...]) -> str:
    """Return the unit of the number at a place of a programme; empty if it has none."""
    return _unit(*_at(path))


def _at(path: tuple[str | int, ...]) -> tuple[Any, list[Any]]:
    annotation: Any = Programme
    known: list[Any] = []
    for part in path:
        annotation, known = _field_at(annotation, part)
    return annotation, known


def _field_at(annotation: Any, part: str | int) -> tuple[Any, list[Any]]:
    for candidate in _models(annotation):
        field = candidate.model_fields.get(str(part))
        if field is not None:
            return field.annotation, list(field.metadata)
    return _step(annotation, part), []


def _unit(annotation: Any, known: list[Any]) -> str:
    for note in known:
        if isinstance(note, WithJsonSchema) and note.json_schema is not None:
            return str(note.json_schema.get("x-unit", ""))
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        return _unit(inner, notes)
    if get_origin(annotation) in (Union, types.UnionType):
        return next((u for u in (_unit(arg, []) for arg in get_args(annotation)) if u), "")
    return ""


def model_at(model: type[BaseModel], path: tuple[str | int, ...], kind: str) -> type[BaseModel]:
    """Return the model that describes the mapping at `path`; `kind` chooses within a union."""
    current: Any = model
    for part in path:
        current = _step(current, part)
    for candidate in _models(current):
        default = candidate.model_fields.get("kind")
        if not kind or default is None or kind in get_args(default.annotation):
            return candidate
    return model


def _step(annotation: Any, part: str | int) -> Any:
    for candidate in _models(annotation):
        field = candidate.model_fields.get(str(part))
        if field is not None:
            return field.annotation
    inner = _unwrapped(annotation)
    if get_origin(inner) in (list, dict):
        return get_args(inner)[-1]
    return annotation


def _unwrapped(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [arg for arg in get_args(annotation) if arg is not type(None)]
        if len(inner) == 1:
            return _unwrapped(inner[0])
    return annotation


def _models(annotation: Any) -> list[type[BaseModel]]:
    inner = _unwrapped(annotation)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return [inner]
    if get_origin(inner) in (Union, types.UnionType):
        return [model for arg in get_args(inner) for model in _models(arg)]
    return []
