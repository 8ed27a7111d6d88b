"""Amounts of memory, processors and storage, as Kubernetes writes them."""

import re
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?[0-9]*[.]?[0-9]+(?:[eE][+-]?[0-9]+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_FACTORS: dict[str | None, Decimal] = {
    None: Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000**power) for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", start=1)},
}


def same_quantity(one: object, other: object) -> bool:
    """Return whether two texts are the same quantity, as in `1000m` and `1`: the API server rewrites them."""
    first, second = _quantity(one), _quantity(other)
    return first is not None and first == second


def _quantity(value: object) -> Decimal | None:
    parts = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return Decimal(parts[1]) * _FACTORS[parts[2]] if parts else None
