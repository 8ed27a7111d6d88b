"""The rules as Markdown, the table and the examples, and as text for `check --list` and `--explain`."""

from ..kubernetes.annotations import SKIP_ANNOTATION
from ..words.table import aligned
from . import RULES
from .rule import Level, Rule


def render_table() -> str:
    """Return the table of all rules, one line each."""
    lines = ["| rule | level | prevents | what to do |", "| --- | --- | --- | --- |"]
    for rule in RULES:
        only = " (programs only)" if rule.programs_only else ""
        level = f"**{rule.level.value}**" if rule.level is Level.MANDATORY else rule.level.value
        cells = (f"[`{rule.id}`](#{rule.id}){only}", f"{level}, {rule.severity.value}", rule.prevents, rule.fix)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def render_examples() -> str:
    """Return a section for every rule: its source, its parameters, a bad and a good example."""
    return "\n".join(_chapter(rule) for rule in RULES)


def render_list() -> str:
    """Return a line for each rule: its id, level and severity, and what it prevents."""
    return "\n".join(aligned([(rule.id, rule.level.value, rule.severity.value, rule.prevents) for rule in RULES]))


def render_rule(rule: Rule) -> str:
    """Return everything about a rule."""
    only = ", in Pulumi programs only" if rule.programs_only else ""
    lines = [
        f"{rule.id}: {rule.level.value}, {rule.severity.value}, {rule.topic}{only}",
        f"Prevents {rule.prevents}.",
        f"What to do: {rule.fix}.",
        *(f"Parameter {p.name}: {p.what}; default {p.default}, from {p.least} to {p.most}." for p in rule.parameters),
        f"Source: {rule.link}",
        f'To skip it on one object: the annotation {SKIP_ANNOTATION}: "{rule.id}: REASON"',
    ]
    examples = [f"\n{name}:\n\n{text.strip()}" for name, text in (("Bad", rule.bad), ("Good", rule.good))]
    return "\n".join([*lines, *examples])


def _chapter(rule: Rule) -> str:
    parameters = "".join(
        f"\n\nParameter `{p.name}`: {p.what}; default {p.default}, from {p.least} to {p.most}." for p in rule.parameters
    )
    remedy = "\n\nAt level `remediate` the policy pack fixes it." if rule.remedy else ""
    return (
        f"### {rule.id}\n\nTopic: {rule.topic}. [Source]({rule.link}).{parameters}{remedy}\n\n"
        f"Bad:\n\n```yaml\n{rule.bad.strip()}\n```\n\nGood:\n\n```yaml\n{rule.good.strip()}\n```\n"
    )
