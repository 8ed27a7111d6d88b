"""The chart that is deployed step by step: which of its steps need a restart, and the charts that are written."""

import re
from itertools import pairwise

import yaml

from tools.chart_history.versions import KEY, STEPS, window, write_chart

FIRST, EVERY = window()


def test_steps_follow_each_other_and_some_of_them_need_a_restart():
    names = [FIRST.name, *(step.version.name for step in EVERY)]

    assert STEPS == len(EVERY)
    assert names == [EVERY[0].transition.old, *(step.transition.new for step in EVERY)]
    assert 0 < sum(step.transition.real for step in EVERY) < sum(step.is_needed for step in EVERY) < STEPS


def test_configuration_of_a_step_changes_where_that_is_called_real():
    versions = [FIRST, *(step.version for step in EVERY)]
    values = [yaml.safe_load(version.content.data[KEY]) for version in versions]

    assert [old != new for old, new in pairwise(values)] == [s.transition.real for s in EVERY]


def test_chart_has_what_was_recorded(tmp_path):
    write_chart(FIRST, tmp_path)
    chart, labels = yaml.safe_load((tmp_path / "Chart.yaml").read_text()), FIRST.rest["metadata"]["labels"]

    assert labels["helm.sh/chart"] == f"{chart['name']}-{chart['version']}"
    assert FIRST.content.data[KEY] == (tmp_path / "relay.yaml").read_bytes()
    assert FIRST.template == yaml.safe_load((tmp_path / "values.yaml").read_text())["template"]
    for file in (tmp_path / "templates").iterdir():
        assert labels == yaml.safe_load(re.search("labels: (.*)", file.read_text())[1])
