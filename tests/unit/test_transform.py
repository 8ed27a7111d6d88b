"""Rendered manifests with the hash of what pods read in place of checksums of text, and what is refused."""

import json

import pytest
import yaml

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.workload.configuration import Configuration
from tools import command_line

TEXT = "5c1f0bb0aa3b5e2bba3b1d0c6d4f2ae1aa3b5e2bba3b1d0c6d4f2ae1aaaaaaaa"
"""A checksum of a text, as Helm writes it."""

DAEMON_SET = """\
---
# Source: agent/templates/daemonset.yaml
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent # its name
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      annotations:
        # as Helm has it
        %s
      labels: {app: agent, helm.sh/chart: agent-1.2.3}
    spec:
      containers:
        - name: agent
          image: "agent:1"
          %s
      volumes:
        - name: config
          configMap: {name: agent}
"""
MOUNTED = "volumeMounts: [{name: config, mountPath: /etc/agent}]"
CHECKSUM = f"checksum/config: {TEXT} # of the text"


def config_map(level: str = "level: info", name: str = "agent", key: str = "agent.yaml", more: str = "") -> str:
    return f"""\
---
# Source: agent/templates/{name}.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  labels: {{helm.sh/chart: agent-1.2.3}}
data:
  {key}: |
    # who edits this
    {level}
{more}"""


def daemon_set(annotations: str = CHECKSUM, reads: str = MOUNTED) -> str:
    return DAEMON_SET % (annotations, reads)


def secret(name: str = "token", file: str = "secret") -> str:
    return (
        f"---\n# Source: agent/templates/{file}.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n"
        "data: {token: c2VjcmV0}\n"
    )


WITH_SECRET = f"{MOUNTED}\n          envFrom: [{{secretRef: {{name: token}}}}]"


def hash_of(**texts: str) -> str:
    """Return the config hash of ConfigMaps that hold one key, name -> its text."""
    contents = {name: parse_content({"agent.yaml": text})[0] for name, text in texts.items()}
    return Configuration.of(contents).hash


AGENT = hash_of(agent="level: info")


def run(text: str, *options: str):
    return command_line.run_text("transform", *options, stdin=text)


def transformed(text: str, *options: str) -> str:
    done = run(text, *options)
    assert 0 == done.returncode, done.stderr
    assert done.stdout == run(done.stdout, *options).stdout  # twice is once
    return done.stdout


def every(text: str) -> list[dict]:
    return [one for one in yaml.safe_load_all(text) if one]


def workload(text: str) -> dict:
    return next(one for one in every(text) if one["kind"] != "ConfigMap" and "spec" in one)


def annotations(text: str) -> dict:
    return workload(text)["spec"]["template"]["metadata"].get("annotations", {})


def notes(text: str, *options: str) -> list[str]:
    return [line.removeprefix("config-rollout: note: ") for line in run(text, *options).stderr.splitlines()]


def test_meaning_stands_in_place_of_the_text_and_everything_else_stays_as_it_was():
    text = config_map() + daemon_set()
    hashed = text.replace(f"checksum/config: {TEXT}", f'checksum/config: "{AGENT}"')
    recorded = '  annotations:\n    config-rollout/hash-of: "checksum/config=agent"\n  name: agent # its name'

    assert hashed.replace("  name: agent # its name", recorded) == transformed(text)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (config_map(level="level: 'info' # as before"), True),
        (config_map().replace("agent-1.2.3", "agent-1.2.4"), True),
        (config_map().replace("agent.yaml: |\n", "agent.yaml: |\n\n"), True),
        (config_map(level="level: debug"), False),
        (config_map(more="  more.yaml: 'a: b'\n"), False),
        (config_map(key="other.yaml"), False),
    ],
    ids=["comment and quotes", "chart's version", "layout", "value", "another key", "key's name"],
)
def test_hash_changes_exactly_with_the_meaning(other, is_same):
    assert is_same == (annotations(transformed(other + daemon_set())) == {"checksum/config": AGENT})


def test_same_hash_as_of_a_component_and_of_the_command():
    told = command_line.run_text("hash", "-", stdin=config_map()).stdout.strip()

    assert AGENT == told == annotations(transformed(config_map() + daemon_set()))["checksum/config"]


def test_key_that_no_pod_reads_does_not_count():
    reads = "env: [{name: A, valueFrom: {configMapKeyRef: {name: agent, key: agent.yaml}}}]"
    text = config_map(more="  unread.yaml: 'a: b'\n") + daemon_set(reads=reads)

    assert {"checksum/config": AGENT} == annotations(transformed(text))


def test_key_has_the_format_of_the_file_that_it_becomes():
    text = config_map(key="relay") + daemon_set().replace(
        "configMap: {name: agent}", "configMap: {name: agent, items: [{key: relay, path: relay.yaml}]}"
    )

    assert annotations(transformed(text)) == annotations(transformed(text.replace("# who edits this", "")))
    assert annotations(transformed(text)) != annotations(transformed(text.replace("info", "debug")))


def test_workload_without_a_checksum_gets_the_hash_too():
    assert {"a": "b", "checksum/config": AGENT} == annotations(transformed(config_map() + daemon_set("a: b")))


def test_several_config_maps_have_one_hash_and_their_checksums_go():
    reads = f"{MOUNTED}\n          envFrom: [{{configMapRef: {{name: agent-env}}}}]"
    sums = f"checksum/agent: {TEXT}\n        checksum/agent-env: {TEXT}\n        kept: x"
    text = config_map() + config_map("level: warn", "agent-env") + daemon_set(sums, reads)
    both = hash_of(agent="level: info", **{"agent-env": "level: warn"})

    assert {"kept": "x", "checksum/config": both} == annotations(transformed(text))
    assert [
        f"DaemonSet agent: spec.template.metadata.annotations['checksum/{name}'] is taken out: it is of the text of "
        f"ConfigMap '{name}'."
        for name in ("agent", "agent-env")
    ] == notes(text)


STAYS = "DaemonSet agent: spec.template.metadata.annotations['{}'] stays, so its changes restart the pods: {}."


@pytest.mark.parametrize(
    ("key", "beside", "why"),
    [
        ("checksum/secret", secret(), "it is of Secret 'token'"),
        ("checksum/token", secret(), "it is of Secret 'token'"),
        ("checksum/license", "", "its name does not tell what it is of"),
        ("checksum/dashboards", config_map(name="agent-dashboards"), "it is of ConfigMap 'agent-dashboards'"),
    ],
)
def test_checksum_of_something_else_stays_and_is_named(key, beside, why):
    text = config_map() + beside + daemon_set(f"{key}: {TEXT}", WITH_SECRET)

    assert {key: TEXT, "checksum/config": AGENT} == annotations(transformed(text))
    assert [STAYS.format(key, why)] == notes(text)


def test_checksum_of_a_file_with_a_secret_stays_beside_the_hash():
    text = config_map() + secret(file="agent") + daemon_set(reads=WITH_SECRET)

    assert {"checksum/config": TEXT, "checksum/config-maps": AGENT} == annotations(transformed(text))
    assert [STAYS.format("checksum/config", "it may be of Secret 'token' too")] == notes(text)


def test_checksum_that_may_be_of_what_a_program_reads_through_the_api_stays():
    reads = "envFrom: [{configMapRef: {name: extra}}]"
    text = (
        config_map(name="extra")
        + config_map(name="agent")
        + daemon_set(reads=reads).replace("{name: agent}", "{name: b}")
    )

    ours = hash_of(extra="level: info")

    assert {"checksum/config": TEXT, "checksum/config-maps": ours} == annotations(transformed(text))


def test_label_that_the_selector_needs_stays():
    text = config_map() + daemon_set("a: b").replace("app: agent", f"app: agent, config-hash: '{TEXT}'")

    assert (
        workload(text)["spec"]["template"]["metadata"]["labels"]
        == workload(transformed(text))["spec"]["template"]["metadata"]["labels"]
    )
    assert [
        STAYS.format("config-hash", "it is a variable, or a selector needs it").replace("annotations", "labels")
    ] == notes(text)


def test_what_check_fixed_is_taken_over():
    sums = f"checksum/config: {TEXT}"
    text = config_map() + daemon_set(sums).replace(
        "  name: agent #", "  annotations: {config-rollout/hashes: checksum/config=agent}\n  name: agent #"
    )
    done = workload(transformed(text))

    assert {"checksum/config": AGENT} == done["spec"]["template"]["metadata"]["annotations"]
    assert {"config-rollout/hash-of": "checksum/config=agent"} == done["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("asks", "goes"),
    [
        ("reloader.stakater.com/auto: 'true'", True),
        ("configmap.reloader.stakater.com/reload: agent", True),
        ("configmap.reloader.stakater.com/reload: 'agent,other'", False),
        ("wave.pusher.com/update-on-config-change: 'true'", True),
    ],
)
def test_controllers_that_restart_for_text_are_taken_out_where_the_hash_covers_the_same(asks, goes):
    text = config_map() + daemon_set().replace("  name: agent #", f"  annotations: {{{asks}}}\n  name: agent #")
    left = set(workload(transformed(text))["metadata"]["annotations"]) - {"config-rollout/hash-of"}

    assert goes == (left == set())


def test_controller_that_restarts_for_a_secret_too_stays():
    asks = "  annotations: {reloader.stakater.com/auto: 'true'}\n  name: agent #"
    text = config_map() + daemon_set(reads=WITH_SECRET).replace("  name: agent #", asks)

    assert "reloader.stakater.com/auto" in workload(transformed(text))["metadata"]["annotations"]


def test_program_that_reads_its_files_again_is_not_restarted():
    text = config_map() + daemon_set("a: b", 'args: ["--watch-config"]\n          ' + MOUNTED)

    assert text == transformed(text)
    assert [
        "DaemonSet agent: ConfigMap 'agent' is not hashed: container 'agent' watches its files (--watch-config)."
    ] == notes(text)


def test_program_that_reads_its_files_again_is_restarted_where_its_chart_does_it():
    text = config_map() + daemon_set(reads='args: ["--watch-config"]\n          ' + MOUNTED)

    assert {"checksum/config": AGENT} == annotations(transformed(text))


def test_config_map_from_elsewhere_is_named():
    text = daemon_set("a: b")

    assert text == transformed(text)
    assert [
        "DaemonSet agent: ConfigMap 'agent' is not among these manifests, so its changes restart nothing."
    ] == notes(text)


def test_checksum_of_a_config_map_from_elsewhere_stays():
    why = "it is of ConfigMap 'agent', not among these manifests"

    assert daemon_set() == transformed(daemon_set())
    assert [STAYS.format("checksum/config", why)] == notes(daemon_set())


def test_only_checksum_under_another_name_is_replaced():
    assert {"checksum/config": AGENT} == annotations(transformed(config_map() + daemon_set(f"configchecksum: {TEXT}")))


def test_object_without_a_namespace_has_that_of_the_others():
    text = config_map() + daemon_set().replace("  name: agent #", "  namespace: monitoring\n  name: agent #")

    assert {"checksum/config": AGENT} == annotations(transformed(text))


def test_label_is_left_out_of_the_pods_alone():
    text = config_map() + daemon_set()
    done = transformed(text, "--leave-out", "helm.sh/chart")

    assert {"app": "agent"} == workload(done)["spec"]["template"]["metadata"]["labels"]
    assert {"helm.sh/chart": "agent-1.2.3"} == every(done)[0]["metadata"]["labels"]


LIST = ("apiVersion: v1\nkind: List\nitems:\n", "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n")


def listed(head: str, *objects: str) -> str:
    items = ["- " + "\n  ".join(one.strip().removeprefix("---\n").splitlines()) for one in objects]
    return head + "\n".join(items) + "\n"


@pytest.mark.parametrize("head", LIST, ids=["List", "ResourceList"])
def test_items_of_a_list_are_transformed_in_their_places(head):
    objects = [config_map(), daemon_set(), config_map("level: warn", "b"), daemon_set().replace("agent", "b")]
    done = yaml.safe_load(transformed(listed(head, *objects)))
    separate = "".join(objects)

    assert every(transformed(separate)) == done["items"]


def test_references_of_a_kustomization_have_the_earlier_names():
    annotation = "  annotations: {internal.config.kubernetes.io/previousNames: agent}\n  name: my-agent\n"
    text = listed(LIST[1], config_map().replace("  name: agent\n", annotation), daemon_set())

    assert {"checksum/config": AGENT} == annotations(yaml.safe_dump_all(yaml.safe_load(transformed(text))["items"]))


def test_function_reports_what_it_did_as_results_too():
    text = listed(LIST[1], config_map(), daemon_set(f"{CHECKSUM}\n        checksum/license: {TEXT}"))
    (result,) = yaml.safe_load(transformed(text))["results"]

    assert ("info", {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent"}) == (
        result["severity"],
        result["resourceRef"],
    )
    assert "checksum/license" in result["message"]


def test_json_stays_json():
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": every(config_map() + daemon_set())}, indent=2)
    done = json.loads(transformed(text))

    assert {"checksum/config": AGENT} == done["items"][1]["spec"]["template"]["metadata"]["annotations"]


def test_text_that_cannot_be_edited_is_written_as_json_and_said():
    shared = daemon_set().replace("spec:\n  selector", "spec: &all\n  selector") + "x-other: *all\n"
    done = run(config_map() + shared)

    assert {"checksum/config": AGENT} == annotations(done.stdout)
    assert done.stderr.count("is written as JSON, without comments") == 1


def test_documents_that_are_no_workloads_pass_as_they_are():
    text = "# nothing\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {x: '{{ y }}'}\n---\n---\n"

    assert text == transformed(text)
    assert "" == transformed("")


REFUSED = {
    "template that does not parse": (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{ include }}\n",
        "line 1: has template syntax. Render it first.",
    ),
    "template that parses": (
        config_map().replace("name: agent\n", "name: '{{ .Release.Name }}'\n"),
        "line 3: ConfigMap: metadata.name: has template syntax (got '{{ .Release.Name }}'). Render it first.",
    ),
    "object twice": (
        config_map() + config_map("level: debug") + daemon_set(),
        "line 14: ConfigMap agent: is also on line 3. Keep one of them.",
    ),
    "no YAML": ("kind: DaemonSet\n\tx: y\n", "line 1: cannot be read ("),
    "no object": ("- 1\n", "line 1: is not a Kubernetes object. Pass rendered manifests."),
    "value that is no text": (
        config_map(more="  port: 8080\n") + daemon_set(),
        "line 3: ConfigMap agent: data['port']: must be text (got int). Pass a plain str, quoted or written out.",
    ),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_written_where_something_is_wrong(text, why):
    done = run(text)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"config-rollout: transform: {why}" in done.stderr


def test_everything_wrong_is_said_at_once():
    assert 2 == len(run(config_map(more="  port: 8080\n  other: 1\n") + daemon_set()).stderr.splitlines())


def test_label_that_a_selector_needs_cannot_be_left_out():
    done = run(config_map() + daemon_set(), "--leave-out", "app")

    assert (2, "") == (done.returncode, done.stdout)
    assert "spec.template.metadata.labels['app']: cannot be left out: spec.selector needs it." in done.stderr


@pytest.mark.slow
def test_ten_thousand_objects_are_transformed():
    text = "".join(config_map(name=f"agent-{number}") for number in range(9_998)) + config_map() + daemon_set()

    assert {"checksum/config": AGENT} == annotations(run(text).stdout.rpartition("---\n")[2])


def test_generated_name_is_no_object_twice():
    job = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {generateName: a-}\nspec: {selector: {}, template: {}}\n"
    )

    assert job * 2 == transformed(job * 2)


def test_what_a_hook_creates_may_be_there_twice():
    hook = config_map("level: debug").replace(
        "  name: agent", "  annotations: {helm.sh/hook: pre-install}\n  name: agent"
    )

    assert {"checksum/config": AGENT} == annotations(transformed(config_map() + hook + daemon_set()))


BYTES = config_hash(parse_content({"agent.yaml": "# who edits this\nlevel: info\n"}, None, {"agent.yaml": "text"})[0])[
    :10
]


def test_content_name_is_followed_and_the_object_cannot_change_or_go():
    text = config_map() + daemon_set()
    done = transformed(text, "--names", "content")
    source, owner = every(done)

    assert (f"agent-{BYTES}", True) == (source["metadata"]["name"], source["immutable"])
    assert {
        "helm.sh/resource-policy": "keep",
        "argocd.argoproj.io/sync-options": "Prune=false",
        "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    } == source["metadata"]["annotations"]
    assert {"helm.sh/chart": "agent-1.2.3", "config-rollout/content-named": "true"} == source["metadata"]["labels"]
    assert f"agent-{BYTES}" == owner["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]
    assert {} == annotations(done) or None is annotations(done)
    assert "annotations" not in owner["metadata"]


def test_options_that_are_there_are_kept():
    there = "  annotations: {argocd.argoproj.io/sync-options: 'Replace=true'}\n  name: agent\n"
    done = transformed(config_map().replace("  name: agent\n", there) + daemon_set(), "--names", "content")

    assert "Replace=true,Prune=false" == every(done)[0]["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]


def test_name_changes_with_every_byte():
    other = transformed(config_map("level: info # x") + daemon_set(), "--names", "content")

    assert (
        every(transformed(config_map() + daemon_set(), "--names", "content"))[0]["metadata"]["name"]
        != every(other)[0]["metadata"]["name"]
    )


def test_config_map_that_no_pod_reads_keeps_its_name():
    text = config_map(name="other")

    assert text == transformed(text, "--names", "content")


@pytest.mark.parametrize(
    "annotation", ["helm.sh/hook: pre-install", "internal.config.kubernetes.io/needsHashSuffix: enabled"]
)
def test_config_map_that_others_look_after_keeps_its_name_and_is_hashed(annotation):
    text = config_map().replace("  name: agent\n", f"  annotations: {{{annotation}}}\n  name: agent\n") + daemon_set()

    assert {"checksum/config": AGENT} == annotations(transformed(text, "--names", "content"))


def test_jobs_and_pods_follow_the_new_name_too():
    job = daemon_set("a: b").replace("DaemonSet", "Job").replace("apps/v1", "batch/v1")
    done = every(transformed(config_map() + job, "--names", "content"))

    assert f"agent-{BYTES}" == done[1]["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]


def test_secret_keeps_its_name_and_that_is_said():
    text = config_map() + secret() + daemon_set(reads=WITH_SECRET)

    assert "token" == every(transformed(text, "--names", "content"))[1]["metadata"]["name"]
    assert (
        "DaemonSet agent: Secret 'token' keeps its name: anyone could test guesses against a hash of it in a name."
        in notes(text, "--names", "content")
    )


@pytest.mark.parametrize(("length", "code"), [(64, 0), (242, 0), (243, 2)])
def test_name_may_be_as_long_as_a_config_map_s(length, code):
    name = "a" * length
    done = run((config_map() + daemon_set()).replace("name: agent", f"name: {name}"), "--names", "content")

    assert code == done.returncode
    if code:
        assert "has 243 characters, and a name with a hash has room for 242. Give it a shorter name." in done.stderr
    else:
        assert length + 11 == len(every(done.stdout)[0]["metadata"]["name"])


def test_edited_output_gets_a_new_name_in_place_of_the_old_one():
    once = transformed(config_map() + daemon_set(), "--names", "content")
    again = every(run(once.replace("level: info", "level: debug"), "--names", "content").stdout)
    fresh = every(transformed(config_map("level: debug") + daemon_set(), "--names", "content"))

    assert fresh == again
