"""What kube-proxy prints of its configuration."""

import yaml

from config_rollout.core.formats.kube_proxy.fields import FIELDS, Kind
from config_rollout.core.formats.kube_proxy.values import quantity, show_duration


def printed_fields(printed: str) -> dict[str, object]:
    """Return path -> value of the live fields that kube-proxy printed; spellings of one value made one."""
    tree = yaml.safe_load(printed)
    every = {one.path: one_spelling(one, tree) for one in FIELDS}
    return {one.path: every[one.path] for one in FIELDS if one.is_read(tree["mode"], every)}


def one_spelling(one, tree):
    value = tree
    for key in one.path.split("."):
        value = (value or {}).get(key)
    if one.kind is Kind.DURATION_OR_NS and isinstance(value, int):
        return show_duration(value)
    if one.kind is Kind.FLOAT32:
        return float(value)  # PyYAML takes 1e-07 for text
    if one.kind is Kind.QUANTITY:
        return quantity(value)
    if value is None:  # printed as null, or left out because it is empty
        return {Kind.GATES: {}, Kind.BOOL: False}.get(one.kind, [])
    return value
