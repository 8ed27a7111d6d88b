"""What is converted from kubespray's variables, and what its releases rendered, to the real kube-proxy."""

import pytest

from config_rollout.core.kubespray.template import convert
from tests.judge.printed import printed_fields
from tests.objects.kubespray import HOST, OWN
from tools.kubespray import releases

pytestmark = pytest.mark.judge


@pytest.mark.parametrize(("release", "theirs"), {text: (tag, text) for tag, text in releases()}.values())
def test_defaults_are_in_force_as_the_releases_rendered_them(judge, release, theirs):
    ours = convert(HOST | OWN.get(release, {})).text
    verdicts = judge.verdicts([theirs, ours])

    assert printed_fields(verdicts[theirs].printed) == printed_fields(verdicts[ours].printed)


def test_another_mode_is_in_force(judge):
    ours = convert(HOST | {"kube_proxy_mode": "iptables"}).text

    assert "iptables" == printed_fields(judge.verdicts([ours])[ours].printed)["mode"]
