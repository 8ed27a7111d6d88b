"""Every finding over real manifests, each looked at and right: what it says is so, and worth a change."""

import pytest

from config_rollout.core.rules.checking import check
from config_rollout.core.rules.settings import Settings
from tests.objects.rule_examples import manifest
from tests.objects.stacks import FINDINGS, FOLDER, PARTS, STACKS, stack, text_of


@pytest.mark.parametrize("name", STACKS)
def test_findings_are_those_that_were_looked_at(name):
    found = manifest(text_of(name))
    violations, unchecked = check(found.objects, Settings())
    told = [(violation.rule.id, violation.object.name, violation.finding.where) for violation in violations]

    assert (PARTS.get(name, []), []) == ([one.reason.id for one in found.gaps], unchecked)
    assert sorted(finding[1:] for finding in FINDINGS if finding[0] == name) == sorted(told)


def test_every_manifest_is_looked_at():
    files = {path for name in STACKS for path in stack(name)}

    assert sorted(FOLDER.glob("*.yaml")) == sorted(files)
