"""The real engine tells its version, and one that is too old gets nothing to do."""

import pulumi

from config_rollout.prepare import compatibility
from tools.build import TOOLS


def test_engine_tells_its_version_in_a_refusal(project):
    versions = []

    def program() -> None:
        versions.append(compatibility.engine_version())

    assert not project.preview(program).failed
    assert [TOOLS["pulumi"].version] == versions


def test_versions_of_the_tests_are_told_nothing(project, agent):
    outcome = project.preview(agent())

    assert ([], "warning" in outcome.output) == (outcome.messages, False)


def test_engine_that_is_too_old_registers_nothing(project, agent, monkeypatch):
    def old(_: str) -> None:
        raise Exception("Pulumi CLI version 3.200.0 does not satisfy the version range")

    monkeypatch.setattr(pulumi, "require_pulumi_version", old)
    outcome = project.up(agent())

    assert outcome.failed
    assert "ConfiguredDaemonSet 'agent': the Pulumi CLI: is too old (got 3.200.0)" in outcome.output
    assert "Traceback" not in outcome.output
    assert not [step for step in outcome.steps if "DaemonSet" in step]
