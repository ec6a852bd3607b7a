"""The programme's form as data: JSON Schema, and the model that describes a place in the file."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from gigaplan.programme.model import Programme


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a programme file, for editors that complete and check it.

    Every figure may also be written with its source, so the schema admits
    ``{value, source, mark, note, low, high}`` wherever a number stands.
    """
    schema = Programme.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "gigaplan programme"
    schema["properties"]["sources"] = {
        "type": "object",
        "description": "Works that figures of this file are from, by short name.",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "url": {"type": "string"},
                "date": {"type": "string"},
            },
            "required": ["title"],
            "additionalProperties": False,
        },
    }
    schema["$defs"]["Source"] = _SOURCED
    admitted: dict[str, Any] = _admit_sources(schema)
    return admitted


_SOURCED = {
    "type": "object",
    "description": "A figure with where it is from.",
    "properties": {
        "value": {},
        "source": {"type": "string"},
        "mark": {"enum": ["stated", "derived", "assumed"]},
        "note": {"type": "string"},
        "low": {},
        "high": {},
    },
    "required": ["value", "source"],
    "additionalProperties": False,
}


def _admit_sources(schema: Any) -> Any:
    if isinstance(schema, dict):
        if "x-unit" in schema and "anyOf" in schema:
            return {**schema, "anyOf": [*schema["anyOf"], {"$ref": "#/$defs/Source"}]}
        return {
            key: value if key == "Source" else _admit_sources(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_admit_sources(item) for item in schema]
    return schema


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
