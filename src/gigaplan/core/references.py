"""Arrays that compiled loops may hand on without counting who refers to them."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a value whose arrays, tuples of arrays gone into, name no owner."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = array.meminfo.type(None)
        array.parent = array.parent.type(None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, member in enumerate(kind.types):
            part = _without_owner(context, builder, member, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
    return value


@intrinsic  # type: ignore[untyped-decorator]
def borrowed(typing_context: Any, value: Any) -> Any:
    """Return arrays, or a tuple of them, that are not counted as they are handed on.

    For compiled code only. Counting is an atomic operation at every call and slice; loops that
    call much on short pieces spend most of their time on it. The caller must keep the arrays
    themselves until it needs what is borrowed no more.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return value(value), generate
