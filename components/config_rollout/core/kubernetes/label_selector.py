"""A Kubernetes label selector: which labels it matches, and what is wrong with one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..arguments.fields import as_written, wrong_value
from ..arguments.finding import Finding

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


@dataclass(frozen=True)
class Requirement:
    """One expression. For a missing label `NotIn` and `DoesNotExist` match, the others do not."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Return whether the labels fit. Source: apimachinery labels/selector.go `Matches`."""
        if self.operator in ("Exists", "DoesNotExist"):
            return (self.key in labels) == (self.operator == "Exists")
        return (labels.get(self.key) in self.values) == (self.operator == "In")


@dataclass(frozen=True)
class LabelSelector:
    """All of its requirements have to match; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Return whether the labels fit."""
        return all(requirement.fits(labels) for requirement in self.requirements)


def parse_selector(where: str, labels: object, expressions: object) -> tuple[LabelSelector, list[Finding]]:
    """Return the selector that `match_labels` and `match_expressions` say, `None` for none, and what is wrong."""
    findings: list[Finding] = []
    requirements: list[Requirement] = []
    if isinstance(labels, Mapping):
        for key, value in labels.items():
            if isinstance(value, str):
                requirements.append(Requirement(str(key), "In", (value,)))
            else:
                what = f"must be text (got {as_written(value)})"
                findings.append(Finding(f"{where}.match_labels[{key!r}]", what, "Quote it"))
    elif labels is not None:
        what = f"must map label to value (got {type(labels).__name__})"
        findings.append(Finding(f"{where}.match_labels", what, "Pass a dict"))
    if isinstance(expressions, list | tuple):
        for number, expression in enumerate(expressions):
            place = f"{where}.match_expressions[{number}]"
            wrong = list(_check_expression(place, expression))
            findings += wrong
            if not wrong:
                values = tuple(expression.get("values") or ())
                requirements.append(Requirement(expression["key"], expression["operator"], values))
    elif expressions is not None:
        what = f"must be a list (got {type(expressions).__name__})"
        findings.append(Finding(f"{where}.match_expressions", what, "Pass a list of key, operator and values"))
    return LabelSelector(tuple(requirements)), findings


def _check_expression(where: str, term: object) -> Iterator[Finding]:
    """Find what the API server would refuse, so that no wave is silently empty."""
    if not isinstance(term, Mapping) or set(term) - {"key", "operator", "values"} or not term.get("key"):
        what = f"must be a mapping of key, operator and values (got {as_written(term)})"
        yield Finding(where, what, "Pass these three")
        return
    operator, values = term.get("operator"), term.get("values") or []
    if operator not in _OPERATORS:
        yield wrong_value(f"{where}.operator", "is not valid", operator, f"Use {', '.join(_OPERATORS)}")
    elif not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        yield wrong_value(f"{where}.values", "must be a list of texts", values, "Pass a list with each value quoted")
    elif bool(values) != (operator in ("In", "NotIn")):
        what = f"must {'' if operator in ('In', 'NotIn') else 'not '}be present with {operator}"
        yield Finding(f"{where}.values", what, "Correct one of them")
