"""`check --fix`: what it shows, what it writes, and what it leaves alone."""

import json
import subprocess

import pytest
import yaml

from config_rollout.core.rules.manifest import Manifest, parse_manifest
from config_rollout.core.rules.meaning_hash import Hashes, NotHashed, write_hashes
from tests.objects.check_runs import AGENT, MAP, Folder
from tools import command_line

HASH = "7fc4b043d590e77e29c72e7ce3b25533555713fece57d3908f3b85b5e043f31f"
"""What `config-rollout hash` says of `MAP`."""

BLOCK = """# our agent
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent # its name
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels:
        app: agent
      annotations:
        # for the scraper
        prometheus.io/scrape: 'true'
    spec:
      containers:
        - name: agent   # two spaces too many
          image: "agent:1"
          readinessProbe: {httpGet: {port: 8080}}
          envFrom: [{configMapRef: {name: agent}}]
"""
DIFF = f"""--- a/m.yaml
+++ b/m.yaml
@@ -8,6 +8,8 @@
 apiVersion: apps/v1
 kind: DaemonSet
 metadata:
+  annotations:
+    config-rollout/hashes: "checksum/config=agent"
   name: agent # its name
 spec:
   selector:
@@ -17,6 +19,7 @@
       labels:
         app: agent
       annotations:
+        checksum/config: "{HASH}"
         # for the scraper
         prometheus.io/scrape: 'true'
     spec:
"""


@pytest.fixture
def here(tmp_path):
    return Folder(tmp_path)


def template(text: str, document: int = -1) -> dict:
    """Return the annotations of the pod template of a document."""
    return list(yaml.safe_load_all(text))[document]["spec"]["template"]["metadata"].get("annotations", {})


def test_fix_is_shown_and_nothing_written(here):
    file = here.write("m.yaml", f"# a map\n{MAP}---\n{BLOCK}")
    done = here.check(".", "--fix")

    assert (1, DIFF, "config-rollout: 1 file would change. Run again with --fix --yes to write them.\n") == done
    assert f"# a map\n{MAP}---\n{BLOCK}" == file.read_text()


def test_what_was_shown_is_written_and_the_finding_gone(here):
    file = here.write("m.yaml", f"# a map\n{MAP}---\n{BLOCK}")
    shown = here.check(".", "--fix").out
    done = here.check(".", "--fix", "--yes")

    assert (0, shown, "config-rollout: 1 file changed.\n") == done
    assert HASH == template(file.read_text())["checksum/config"]
    assert (0, "0 findings, 0 mandatory, in 2 objects\n", "") == here.check(".")


def test_nothing_but_annotations_is_written(here):
    file = here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    before = file.read_text()
    here.check(".", "--fix", "--yes")
    after = file.read_text().splitlines(keepends=True)

    added = [line for line in after if line not in before]
    assert ["  annotations:", "    config-rollout/hashes:", "        checksum/config:"] == [
        line.rstrip().partition(' "')[0] for line in ["  annotations:\n", *added]
    ]
    assert before == "".join(line for line in after if line not in (*added, "  annotations:\n"))


def test_second_fix_finds_nothing(here):
    here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    here.check(".", "--fix", "--yes")

    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")


def test_hash_is_the_one_that_anyone_can_check(here):
    file = here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    here.check(".", "--fix", "--yes")

    assert template(file.read_text())["checksum/config"] == command_line.run_text("hash", file).stdout.strip()


def test_another_layout_of_the_config_map_is_the_same_hash(here):
    file = here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    here.check(".", "--fix", "--yes")
    file.write_text(file.read_text().replace("'level: info'", "'{level: info} # written otherwise'"))

    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")


def test_hash_that_is_left_behind_is_found_and_fixed(here):
    file = here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    here.check(".", "--fix", "--yes")
    file.write_text(file.read_text().replace("level: info", "level: debug"))

    assert ["m.yaml:21 hash-out-of-date"] == here.check(".").findings
    assert "1 file changed" in here.check(".", "--fix", "--yes").err
    assert [] == here.check(".").findings
    assert HASH != template(file.read_text())["checksum/config"]


def test_hash_of_a_config_map_that_is_elsewhere_is_left_alone(here):
    here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    here.check(".", "--fix", "--yes")
    here.write("m.yaml", (here.path / "m.yaml").read_text().partition("---\n")[2])

    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")
    assert [] == here.check(".").findings


def test_hash_that_others_wrote_is_left_alone(here):
    text = BLOCK.replace("        # for the scraper\n", "        checksum/config: 0123456789abcdef\n")
    here.write("m.yaml", f"{MAP}---\n{text}")

    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")


def test_each_of_several_config_maps_has_an_annotation(here):
    more = MAP.replace("name: agent", "name: agent-rules").replace("info", "debug")
    reads = "[{configMapRef: {name: agent}}, {configMapRef: {name: agent-rules}}]"
    text = BLOCK.replace("[{configMapRef: {name: agent}}]", reads)
    file = here.write("m.yaml", f"{MAP}---\n{more}---\n{text}")
    here.check(".", "--fix", "--yes")
    hashes = {key: value for key, value in template(file.read_text()).items() if key.startswith("checksum/")}

    assert {"checksum/agent", "checksum/agent-rules"} == hashes.keys()
    assert HASH == hashes["checksum/agent"] != hashes["checksum/agent-rules"]
    assert [] == here.check(".").findings


def test_config_map_in_another_file_of_the_folder_is_hashed(here):
    here.write("a/map.yaml", MAP)
    file = here.write("a/ds.yaml", BLOCK)
    here.check(".", "--fix", "--yes")

    assert HASH == template(file.read_text())["checksum/config"]


def test_every_document_of_a_file_is_edited_at_its_place(here):
    two = BLOCK.replace("  name: agent # its name", "  name: other # its name")
    file = here.write("m.yaml", f"{BLOCK}---\n{MAP}---\n{two}")
    here.check(".", "--fix", "--yes")

    assert [HASH, HASH] == [template(file.read_text(), number)["checksum/config"] for number in (0, 2)]
    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(f"{MAP}---\n{AGENT}", id="flow"),
        pytest.param(f"\ufeff{MAP}---\n{BLOCK}".replace("\n", "\r\n"), id="from Windows"),
        pytest.param(f"# é ü 漢\n{MAP}---\n# 漢\n{BLOCK}", id="characters of several bytes"),
    ],
)
def test_every_layout_is_kept(here, before):
    file = here.path / "m.yaml"
    file.write_bytes(before.encode())
    here.check(".", "--fix", "--yes")
    after = file.read_bytes().decode()

    assert HASH == template(after)["checksum/config"]
    assert before.count("\r\n") == 0 or after.count("\r\n") == after.count("\n")
    assert [] == here.check(".").findings


def test_list_is_edited_in_place(here):
    items = "".join(
        f"- {text.strip()}\n".replace("\n", "\n  ").rstrip(" ") for text in (MAP, BLOCK.removeprefix("# our agent\n"))
    )
    file = here.write("m.yaml", f"apiVersion: v1\nkind: List\nitems:\n{items}")
    here.check(".", "--fix", "--yes")
    workload = yaml.safe_load(file.read_text())["items"][1]

    assert HASH == workload["spec"]["template"]["metadata"]["annotations"]["checksum/config"]


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: agent}\nstringData: {a: b}\n"
NOT_FIXED = {
    "a Secret": (
        f"{SECRET}---\n" + BLOCK.replace("configMapRef", "secretRef"),
        "Secret 'agent': anyone can test guesses against a public hash. Name it after its content",
    ),
    "what changes with each deployment": (
        MAP.replace("agent.yaml: 'level: info'", "install_time: '2026-01-01T10:00:00Z'") + f"---\n{BLOCK}",
        "ConfigMap 'agent': data['install_time'] may change with every deployment, and the hash with it",
    ),
    "a placeholder": (
        MAP.replace("level: info", "level: ${LEVEL}") + f"---\n{BLOCK}",
        "ConfigMap 'agent': data.agent.yaml: contains a placeholder (got 'level: ${LEVEL}')",
    ),
    "an anchor": (
        f"{MAP}---\n{BLOCK}".replace("metadata:\n      labels", "metadata: &m\n      labels"),
        "it uses anchors or aliases there",
    ),
}


@pytest.mark.parametrize(("text", "why"), NOT_FIXED.values(), ids=NOT_FIXED)
def test_what_is_not_safe_is_left_alone_and_told(here, text, why):
    file = here.write("m.yaml", text)
    done = here.check(".", "--fix", "--yes")

    assert (0, "", text) == (done.code, done.out, file.read_text())
    assert f"DaemonSet default/agent: not fixed: {why}.\n" in done.err


def test_directory_that_kubelets_update_is_left_alone(here):
    text = BLOCK.replace("envFrom: [{configMapRef: {name: agent}}]", "volumeMounts: [{name: c, mountPath: /a}]")
    here.write("m.yaml", f"{MAP}---\n{text}      volumes: [{{name: c, configMap: {{name: agent}}}}]\n")

    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")


@pytest.mark.parametrize(
    "settings", ["config-not-hashed: disabled\n", "config-not-hashed: {skip: [{name: agent, reason: a test}]}\n"]
)
def test_rule_that_is_off_or_skipped_fixes_nothing(here, settings):
    here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    here.write(".config-rollout.yaml", settings)

    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")


def test_excluded_file_is_not_fixed(here):
    here.write("m.yaml", f"{MAP}---\n{BLOCK}")

    assert 0 == here.check(".", "--fix", "--exclude", "m.yaml").code


def test_standard_input_is_not_fixed(here):
    done = here.check("-", "--fix", stdin=f"{MAP}---\n{BLOCK}")

    assert (2, "", "config-rollout: check --fix: cannot write to standard input. Name files or folders.\n") == done


def test_yes_without_fix_is_trouble(here):
    assert (2, "", "config-rollout: check: --yes requires --fix. Add --fix, or remove --yes.\n") == (
        here.check(".", "--yes")
    )


def test_file_that_changed_meanwhile_is_not_written(here, monkeypatch):
    from config_rollout.cli.commands import fixing

    file = here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    monkeypatch.setattr(fixing, "_show", lambda name, before, after: file.write_text(MAP))
    done = here.check(".", "--fix", "--yes")

    assert (2, "config-rollout: m.yaml: was changed by someone else in the meantime. Run the command again.\n") == (
        done.code,
        done.err,
    )
    assert MAP == file.read_text()


def test_function_for_filters_puts_a_hash_into_a_document():
    manifest = Manifest()
    parse_manifest("stdin", BLOCK.encode(), manifest)
    (workload,) = manifest.objects
    text = write_hashes(workload.place.document, [((), Hashes(workload, {"checksum/config": ("agent", HASH)}))])

    assert HASH == template(text.decode())["checksum/config"]
    assert "# for the scraper" in text.decode()


def test_document_that_would_mean_something_else_is_refused():
    manifest = Manifest()
    parse_manifest("stdin", BLOCK.replace("template:", "template: &t").encode() + b"x: *t\n", manifest)
    (workload,) = manifest.objects

    with pytest.raises(NotHashed, match="it uses anchors or aliases there"):
        write_hashes(workload.place.document, [((), Hashes(workload, {"checksum/config": ("agent", HASH)}))])


def test_diff_is_one_that_git_applies(here):
    file = here.write("m.yaml", f"{MAP}---\n{BLOCK}")
    diff = here.check(".", "--fix").out
    subprocess.run(["git", "apply"], input=diff.encode(), cwd=here.path, check=True)

    assert HASH == template(file.read_text())["checksum/config"]


def test_json_stays_json(here):
    objects = [yaml.safe_load(MAP), yaml.safe_load(BLOCK)]
    file = here.write("m.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=2))
    here.check(".", "--fix", "--yes")
    workload = json.loads(file.read_text())["items"][1]

    assert HASH == workload["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_other_workloads_are_fixed_too(here, kind):
    file = here.write("m.yaml", f"{MAP}---\n{BLOCK.replace('DaemonSet', kind)}")
    here.check(".", "--fix", "--yes")

    assert HASH == template(file.read_text())["checksum/config"]


def test_what_could_not_be_checked_is_reported_beside_a_fix(here):
    here.write("m.yaml", f"{MAP}---\n{BLOCK}---\nkind: DaemonSet\nname: {{{{ x }}}}\n")

    assert "not checked: 1 document with template syntax (m.yaml:28). Render first." in here.check(".", "--fix").err


def test_mode_and_link_of_a_file_are_kept(here):
    file = here.write("real/m.yaml", f"{MAP}---\n{BLOCK}")
    file.chmod(0o640)
    (here.path / "m.yaml").symlink_to("real/m.yaml")
    here.check("m.yaml", "--fix", "--yes")

    assert HASH == template(file.read_text())["checksum/config"]
    assert (0o640, True) == (file.stat().st_mode & 0o777, (here.path / "m.yaml").is_symlink())
    assert ["m.yaml"] == [entry.name for entry in file.parent.iterdir()]
