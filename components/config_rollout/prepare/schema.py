"""The fields of Kubernetes' objects, as the installed pulumi-kubernetes knows them, for core/kubernetes/spelling.py."""

import typing
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import Any

from pulumi import _types
from pulumi_kubernetes.core.v1 import PodSpecArgs

from ..core.kubernetes.spelling import Fields


def pod_spec_fields() -> Mapping[str, Fields | None]:
    """Return the fields of a pod spec, in both spellings."""
    return _fields_of(PodSpecArgs)


@cache
def source() -> str:
    """Return whose knowledge this is; every component asks, and to find it takes a millisecond."""
    return f"pulumi-kubernetes {metadata.version('pulumi-kubernetes')}"


@cache
def _fields_of(args: type) -> Mapping[str, Fields | None]:
    """Read one args type; the types of what it holds are read when they are asked for."""
    types = {name: next(_args_types(hint), None) for name, hint in _types.input_type_types(args).items()}
    fields = {name: (lambda of=of: _fields_of(of)) if of else None for name, of in types.items()}
    pythonic = _types.input_type_py_to_pulumi_names(args)
    return fields | {spelling: fields[name] for spelling, name in pythonic.items() if name in fields}


def _args_types(hint: Any) -> Iterator[type]:
    """Yield the args types in a hint: itself, or in an Input or a Sequence. What a Mapping holds has any keys."""
    if isinstance(hint, type) and _types.is_input_type(hint):
        yield hint
    elif typing.get_origin(hint) is not Mapping:
        for inner in typing.get_args(hint):
            yield from _args_types(inner)
