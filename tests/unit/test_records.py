"""Where records come from, and every way in which `timeline` and `metrics` cannot get at them."""

import json

import pytest

from config_rollout.cli.main import main
from tests.objects.rollout_records import FILE, lines, rollout, written
from tests.unit.canned_server import FakeServer, kubeconfig

ONE = "/api/v1/namespaces/kube-system/configmaps/kube-proxy-rollouts"
ALL = "/api/v1/configmaps?limit=500&labelSelector=app.kubernetes.io%2Fmanaged-by%3Dconfig-rollout"
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"
COMMANDS = [["timeline", "--json"], ["metrics"]]


def config_map(*records, namespace="kube-system", name="kube-proxy", data=None):
    data = {"rollouts.jsonl": lines(*records)} if data is None else data
    labels = {"config-rollout/daemon-set": name}
    return {"metadata": {"namespace": namespace, "name": f"{name}-rollouts", "labels": labels}, "data": data}


@pytest.fixture
def server(tmp_path, monkeypatch):
    server = FakeServer()
    (tmp_path / "config").write_text(kubeconfig(server.url))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    yield server
    server.close()


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "records.jsonl"
        path.write_text(text)
        return str(path)

    return write


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def title(out: str) -> str:
    return json.loads(out)["title"]


def test_data_file_is_what_its_maker_writes():
    assert written() == FILE.read_text()


def test_timeline_of_a_daemon_set_in_the_cluster(server, capsys):
    server.answers[f"GET {ONE}"] = 200, config_map(rollout(fails="canary", result="halted"), rollout())
    code, out, err = run(capsys, "timeline", "kube-system/kube-proxy", "--json")

    assert (0, "") == (code, err)
    assert "kube-system/kube-proxy: fa55fd0379 => 9c07aa31be, done" == title(out)
    assert [ONE] == [path for _, path, _, _ in server.asked]


def test_timeline_of_the_only_daemon_set_that_has_a_history(server, capsys):
    configuration = config_map(data={"config.conf": "mode: nftables"})
    configuration["metadata"]["name"] = "kube-proxy-fa55fd0379"
    server.answers[f"GET {ALL}"] = 200, {"items": [config_map(rollout()), configuration]}

    assert (0, "") == run(capsys, "timeline", "--json")[::2]


def test_rollouts_are_counted_from_the_last(server, capsys):
    server.answers[f"GET {ONE}"] = 200, config_map(rollout(fails="canary", result="halted"), rollout())
    _, out, _ = run(capsys, "timeline", "kube-system/kube-proxy", "--json", "--rollout", 2)

    assert title(out).endswith("halted")


def test_metrics_say_what_the_daemon_set_has_now(server, capsys):
    annotations = {"metadata": {"annotations": {"checksum/config": "f" * 64}}}
    server.answers[f"GET {ALL}"] = 200, {"items": [config_map(rollout())]}
    server.answers[f"GET {DAEMON_SET}"] = 200, {"spec": {"template": annotations}}
    code, out, err = run(capsys, "metrics")

    assert (0, "") == (code, err)
    assert f'config_rollout_config_info{{config_hash="{"f" * 64}",' in out


WEB = {**rollout(), "name": "web", "kind": "Deployment"}


def test_deployment_has_a_history_of_its_own(server, capsys):
    path = ONE.replace("kube-proxy-rollouts", "web.deployment-rollouts")
    server.answers[f"GET {path}"] = 200, config_map(WEB)
    code, out, err = run(capsys, "timeline", "-n", "kube-system", "deployment/web", "--json")

    assert (0, "") == (code, err)
    assert "Deployment kube-system/web: fa55fd0379 => 9c07aa31be, done" == title(out)


def test_histories_of_all_kinds_in_a_namespace(server, capsys):
    of_web = config_map(WEB, name="web")
    of_web["metadata"] |= {"name": "web.deployment-rollouts", "labels": {"config-rollout/deployment": "web"}}
    everywhere, within = "/api/v1/configmaps", "/api/v1/namespaces/kube-system/configmaps"
    server.answers[f"GET {ALL.replace(everywhere, within)}"] = 200, {"items": [config_map(rollout()), of_web]}
    code, out, err = run(capsys, "metrics", "-n", "kube-system")

    assert (0, "") == (code, err)
    assert ['daemon_set="kube-proxy"', 'deployment="web"'] == [
        name for name in ('daemon_set="kube-proxy"', 'deployment="web"') if name in out
    ]


def test_record_of_a_kind_is_chosen_by_its_name_alone(file, capsys):
    path = file(lines(rollout(), {**WEB, "name": "kube-proxy"}))
    _, out, _ = run(capsys, "timeline", "--from", path, "-n", "kube-system", "deploy/kube-proxy", "--json")

    assert title(out).startswith("Deployment kube-system/kube-proxy: ")
    code, _, err = run(capsys, "timeline", "--from", path, "-n", "kube-system", "sts/kube-proxy", "--json")
    there = "Deployment kube-system/kube-proxy, kube-system/kube-proxy"
    assert (2, True) == (code, f"has no rollout of StatefulSet kube-system/kube-proxy (got {there})." in err)


@pytest.mark.parametrize("command", COMMANDS)
def test_cluster_without_a_history_is_trouble(server, capsys, command):
    server.answers[f"GET {ALL}"] = 200, {"items": []}
    code, out, err = run(capsys, *command)

    assert (2, "") == (code, out)
    assert f"config-rollout: {server.url}: has no history: there is no ConfigMap 'NAME-rollouts' " in err


@pytest.mark.parametrize("command", COMMANDS)
def test_daemon_set_without_a_history_is_trouble(server, capsys, command):
    code, out, err = run(capsys, command[0], "kube-system/kube-proxy", *command[1:])

    assert (2, "") == (code, out)
    assert (
        f"config-rollout: kube-system/kube-proxy: has no history: there is no ConfigMap 'kube-proxy-rollouts' on "
        f"{server.url}. Correct the name, or wait for its first rollout.\n" == err
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_right_that_is_missing_is_named_with_its_rule(server, capsys, command):
    server.answers[f"GET {ONE}"] = 403, {"message": "no"}
    code, _, err = run(capsys, command[0], "kube-system/kube-proxy", *command[1:])

    assert 2 == code
    assert "may not get configmaps 'kube-proxy-rollouts' in namespace kube-system" in err
    assert "{apiGroups: [''], resources: [configmaps], resourceNames: [kube-proxy-rollouts], verbs: [get]}" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_kubeconfig_that_points_nowhere_is_trouble(tmp_path, capsys, command):
    (tmp_path / "config").write_text(kubeconfig("http://127.0.0.1:1"))
    code, _, err = run(capsys, *command, "--kubeconfig", tmp_path / "config")

    assert (2, True) == (code, "http://127.0.0.1:1: does not answer" in err)


@pytest.mark.parametrize("command", COMMANDS)
def test_kubeconfig_that_is_not_there_is_trouble(tmp_path, capsys, command):
    code, _, err = run(capsys, *command, "--kubeconfig", tmp_path / "none")

    assert (2, True) == (code, "is neither an existing file nor a kubeconfig" in err)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ('{"version": 1, "names', "is not valid JSON"),
        ("7", "record must be a JSON object"),
        (lines({**rollout(), "version": 3}), "has version 3, and this release reads up to 2"),
        (lines({**rollout(), "result": "exploded"}), "result must be one of done"),
        (lines({**rollout(), "started": "yesterday"}), "started must be a time in UTC"),
        (lines({**rollout(), "pods": {"node-1": ["soon"]}}), "pods.node-1 is not [seconds"),
    ],
)
def test_damaged_record_is_told_and_the_others_are_read(file, capsys, command, bad, said):
    path = file(f"{lines(rollout())}{bad}\n")
    code, out, err = run(capsys, *command, "--from", path)

    assert 2 == code
    assert err.startswith(f"config-rollout: warning: {path}: line 2: {said}")
    assert "kube-proxy" in out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["a\nb", "\ud800", "", "A b"])
def test_record_of_what_can_be_no_daemon_set_is_told(file, capsys, command, name):
    path = file(lines(rollout(), {**rollout(), "name": name}))
    code, out, err = run(capsys, *command, "--from", path)

    assert 2 == code
    assert err.startswith(f"config-rollout: warning: {path}: name of a record: ")
    assert "kube-proxy" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_record_that_is_all_damaged_is_trouble(file, capsys, command):
    path = file("\x00\xff nonsense")
    code, out, err = run(capsys, *command, "--from", path)

    assert (2, "") == (code, out)
    assert err.startswith(f"config-rollout: no record can be read: {path}: line 1: is not valid JSON")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "/no/such"], "--from: /no/such: no such file or directory. Pass a file of JSON lines, or '-'."),
        (["--from", "/"], "--from: /: is a directory. Pass a file of JSON lines, or '-'."),
        (["--from", "/dev/null"], "--from: /dev/null: contains no record of a rollout. Pass a file of JSON lines."),
        (
            ["--from", str(FILE), "default/x"],
            f"{FILE}: has no rollout of default/x (got kube-system/kube-proxy). Choose one of them.",
        ),
    ],
)
def test_file_that_holds_nothing_is_trouble(capsys, command, arguments, said):
    assert (2, "", f"config-rollout: {said}\n") == run(capsys, *command, *arguments)


@pytest.mark.parametrize("command", COMMANDS)
def test_config_map_without_its_key_is_trouble(server, capsys, command):
    server.answers[f"GET {ONE}"] = 200, config_map(data={"other": ""})
    code, out, err = run(capsys, command[0], "kube-system/kube-proxy", *command[1:])

    assert (2, "") == (code, out)
    assert "ConfigMap kube-system/kube-proxy-rollouts: has no key 'rollouts.jsonl'." in err


@pytest.mark.parametrize("command", COMMANDS)
def test_config_map_without_a_record_is_trouble(server, capsys, command):
    server.answers[f"GET {ONE}"] = 200, config_map()
    code, out, err = run(capsys, command[0], "kube-system/kube-proxy", *command[1:])

    assert (2, "") == (code, out)
    assert "ConfigMap kube-system/kube-proxy-rollouts: contains no record of a rollout." in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "timeline: there is nothing to do. Pass --output PICTURE or --json."),
        (["--output", "x.pdf"], "--output: must end in .svg, .png or .html (got 'x.pdf')."),
        (["--output", "/no/such/x.svg"], "--output: folder '/no/such' does not exist. Create it first."),
        (["--output", "x.svg", "--dark"], "--dark: is only for a .png; the other formats follow the reader's page. "
                                          "Leave it out."),
        (["--json", "--rollout", "4"],
         "--rollout: kube-system/kube-proxy has a history of 3 rollouts (got 4). Choose one of them."),
    ],
)  # fmt: skip
def test_timeline_refuses(capsys, arguments, said):
    assert (2, "", f"config-rollout: {said}\n") == run(capsys, "timeline", "--from", FILE, *arguments)


@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_number_of_a_rollout_is_from_1_on(capsys, number):
    with pytest.raises(SystemExit):
        main(["timeline", f"--rollout={number}"])
    assert f"must be at least 1 (got '{number}')" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x.svg", "x.png", "x.html"])
def test_picture_that_cannot_be_written_is_trouble(tmp_path, capsys, name):
    (tmp_path / name).mkdir()
    expected = f"config-rollout: --output: {tmp_path / name}: is a directory.\n"

    assert (2, "", expected) == run(capsys, "timeline", "--from", FILE, "--output", tmp_path / name)


def test_rollout_of_more_waves_than_a_picture_can_show_is_trouble(file, tmp_path, capsys):
    record = rollout()
    record["waves"] = [{**record["waves"][0], "name": f"rack-{number}"} for number in range(201)]
    command = ["timeline", "--from", file(lines(record))]

    assert 2 == run(capsys, *command, "--output", tmp_path / "x.png")[0]
    assert 0 == run(capsys, *command, "--json")[0]


def test_timeline_of_several_daemon_sets_asks_which(file, capsys):
    path = file(lines(rollout(), {**rollout(), "name": "agent"}))
    code, _, err = run(capsys, "timeline", "--from", path, "--json")

    assert 2 == code
    several = "several workloads (kube-system/agent, kube-system/kube-proxy)"
    assert f"{several}. Choose one: NAMESPACE/NAME, or -n NAMESPACE KIND/NAME." in err
    assert 0 == run(capsys, "timeline", "--from", path, "--json", "kube-system/agent")[0]
