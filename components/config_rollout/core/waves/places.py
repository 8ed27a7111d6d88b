"""Where a field belongs that is in the wrong place: at the top, in `waves`, in a wave, or in a gate."""

from collections.abc import Iterable, Mapping

from ...args.audit import AuditSinkArgs
from ...args.gates import GateArgs, HttpGateArgs, KubeProxyGateArgs, NewServiceGateArgs, PrometheusGateArgs
from ...args.layout import LayoutArgs
from ...args.waves import WaveArgs, WavesArgs
from ...args.windows import WindowArgs

BESIDE_A_KIND = ("timeout_seconds", "strict")
"""The fields allowed beside the kind of a gate."""

_INSIDE_A_KIND = {
    "http": HttpGateArgs, "kube_proxy": KubeProxyGateArgs, "new_service": NewServiceGateArgs,
    "prometheus": PrometheusGateArgs, "window": WindowArgs,
}  # fmt: skip

_WAVES, _WAVE = tuple(WavesArgs.__annotations__), tuple(WaveArgs.__annotations__)
_OF_ALL = tuple(name for name in _WAVES if name not in _WAVE)
_OF_ONE = tuple(name for name in _WAVE if name not in _WAVES)
_OF_EITHER = tuple(name for name in _WAVE if name in _WAVES)
_GATE = (*(name for name in GateArgs.__annotations__ if name not in BESIDE_A_KIND), "function")
_BESIDE_WAVES = ("min_ready_seconds", "audit")


def _all(names: Iterable[str], place: str) -> dict[str, str]:
    return dict.fromkeys(names, place)


def _inside_a_kind() -> dict[str, str]:
    kinds: dict[str, list[str]] = {}
    for kind, args in _INSIDE_A_KIND.items():
        for name in args.__annotations__:
            kinds.setdefault(name, []).append(f"`{kind}`")
    return {name: f"inside {' or '.join(of)}" for name, of in kinds.items()}


FROM_WAVES: Mapping[str, str] = {
    **_all(_BESIDE_WAVES, "beside `waves`"),
    **_all((*_GATE, *BESIDE_A_KIND), "inside one of the `gates`"),
    **_all(_OF_ONE, "inside one of the waves in `first`"),
}
"""A field that is directly in `waves` and does not belong there -> where it does, as the end of a sentence."""

FROM_WAVE: Mapping[str, str] = {
    **_all(_BESIDE_WAVES, "beside `waves`"),
    **_all((*_GATE, *BESIDE_A_KIND), "inside one of the `gates`"),
    **_all(_OF_ALL, "inside `waves`, beside `first`"),
}
"""The same of a field in one wave of `first`."""

FROM_GATE: Mapping[str, str] = {
    **_all(_BESIDE_WAVES, "beside `waves`"),
    **_all(_OF_ALL, "inside `waves`"),
    **_all((name for name in _OF_ONE if name != "name"), "inside one of the waves in `first`"),
    **_all((name for name in _OF_EITHER if name != "gates"), "beside `gates`"),
    **_inside_a_kind(),
}
"""The same of a field beside the kind of a gate. No gate has a name, so that is nowhere else."""

_FROM_THE_TOP: Mapping[str, Mapping[str, str]] = {
    "layout": _all(LayoutArgs.__annotations__, "inside `layout`"),
    "audit": _all((name for name in AuditSinkArgs.__annotations__ if name != "url"), "inside `audit`"),
    "waves": {
        **_all((name for name in _GATE if name not in ("url", "command")), "inside one of the `gates` of `waves`"),
        **_all((name for name in _OF_ONE if name != "name"), "inside one of the waves in `first` of `waves`"),
        **_all(_WAVES, "inside `waves`"),
    },
    "update_strategy": {
        "rolling_update": "inside `update_strategy`",
        "max_surge": "inside `rolling_update` of `update_strategy`",
        "max_unavailable": "inside `waves`, or inside `rolling_update` of `update_strategy`",
    },
}
"""
Argument of a component -> the fields that belong inside it, and where.

Not here: names that mean something else too, such as a `command`, which may be that of a container.
"""


def from_the_top(arguments: Iterable[str]) -> dict[str, str]:
    """Return the same of a field beside the arguments of a component that has these."""
    known = set(arguments)
    return {
        name: place for argument, places in _FROM_THE_TOP.items() if argument in known for name, place in places.items()
    }
