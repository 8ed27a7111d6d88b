"""The objects of the manifests at the paths of the command line, each in its namespace."""

from collections.abc import Sequence

from ...core.arguments.finding import Finding, report
from ...core.manifests.items import Item, check_items, items_of_text
from ...core.manifests.scope import is_namespaced, scopes
from ..errors import Trouble
from .manifests import Manifests

_RENDER = "Leave it out, or pipe the rendered manifests into `-`"


def read_items(option: str, paths: Sequence[str], namespace: str) -> list[Item]:
    """
    Return all objects at some paths, which an option names; those that do not say their namespace are in this one.

    Raises:
      Trouble: Something cannot be read, or there are none.

    """
    items, findings = list[Item](), list[Finding]()
    manifests = Manifests(paths, together=True)
    for one in manifests.sets():
        for name, text in one.texts:
            found, wrong = items_of_text(name, text)
            items += found
            findings += wrong
    findings += [Finding(gap.where, f"is a {gap.reason.one}", _RENDER) for gap in manifests.gaps]
    findings += check_items(items)
    if not items and not findings:
        findings.append(Finding(", ".join(paths), "has no objects", "Pass manifests"))
    if findings:
        raise Trouble(report(option, findings))
    known = scopes(item.of for item in items)
    return [item if is_namespaced(item.of, known) is False else item.within(namespace) for item in items]
