"""What an audit record says about an adopted kube-proxy."""

from ..audit.record import Change
from ..audit.writing import _change, _of_keys
from ..configuration.diff import diff_contents
from .adoption import Adoption


def changes_of_adoption(adoption: Adoption) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Return the same for a kube-proxy that is taken over: against what its pods read until now."""
    template = (_change("", change, secret=False) for change in adoption.template_changes())
    return _of_keys(diff_contents(adoption.read, adoption.wanted)), tuple(template)
