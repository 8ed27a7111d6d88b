"""The command line: what each command prints and exits with."""

import hashlib
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest

from config_rollout.cli import main as cli
from config_rollout.cli.inputs.files import MAX_FILE_BYTES
from config_rollout.core.configuration.content import MAX_BYTES, Content
from config_rollout.core.configuration.digest import config_hash
from tools.command_line import run

ONE = "mode: iptables\nport: 1\n"
SAME = "port: 1 # note\nmode: iptables\n"
OTHER = "mode: nftables\nport: 1\n"

KUBE_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
DOCS = Path(__file__).parents[2] / "docs"

MANIFEST = """apiVersion: v1
kind: ConfigMap
metadata: {name: %s}
data:
  c.yaml: |
    mode: iptables
    port: 1
binaryData: {b: AAE=}
---
"""


def hash_of(text: str, key: str = "c.yaml", **binary: bytes) -> str:
    return config_hash(Content({key: text.encode()}, binary))


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a text to a file in a folder of its own."""

    def write(text: str | bytes, name: str = "c.yaml", folder: str = "f") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_hash_of_a_file(file):
    assert f"{hash_of(ONE)}\n".encode() == run("hash", file(ONE)).stdout


def test_hash_of_a_folder(file):
    file(ONE)
    folder = file(b"\x00\xff", "b").parent

    assert f"{hash_of(ONE, b=bytes([0, 255]))}\n".encode() == run("hash", folder).stdout


def test_hash_of_a_folder_that_a_kubelet_mounted(file, tmp_path):
    file(ONE, folder="..2026")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "c.yaml").symlink_to("..data/c.yaml")

    assert f"{hash_of(ONE)}\n".encode() == run("hash", tmp_path).stdout


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        pytest.param(MANIFEST % "agent", [], id="one ConfigMap"),
        pytest.param(MANIFEST % "agent" + "apiVersion: v1\nkind: Secret\nmetadata: {}\n", [], id="beside a Secret"),
        pytest.param(MANIFEST % "agent" + MANIFEST % "other", ["--name", "agent"], id="chosen by name"),
        pytest.param(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "List",
                    "items": [
                        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "agent"},
                         "data": {"c.yaml": ONE}, "binaryData": {"b": "AAE="}},
                    ],
                }
            ),
            [],
            id="a JSON list",
        ),
    ],
)  # fmt: skip
def test_hash_of_a_manifest(file, text, arguments):
    assert f"{hash_of(ONE, b=bytes([0, 1]))}\n".encode() == run("hash", file(text), *arguments).stdout


def test_hash_of_standard_input_with_a_declared_format():
    expected = config_hash(Content({"stdin": ONE.encode()}, formats={"stdin": "yaml"}))

    assert f"{expected}\n".encode() == run("hash", "-", "--format", "stdin=yaml", stdin=SAME).stdout


RECORDED = """apiVersion: v1
kind: ConfigMap
metadata:
  name: agent-0123456789
  annotations: {config-rollout/read-as: '{"formats": {"c": "yaml"}, "effects": {"c:port": "none"}}'}
data: {c: %s}
"""


def test_config_map_is_read_as_it_says_itself(file):
    expected = config_hash(Content({"c": ONE.encode()}, formats={"c": "yaml"}, effects={"c": {"port": "none"}}))

    assert f"{expected}\n".encode() == run("hash", file(RECORDED % json.dumps(SAME))).stdout
    assert expected == hashlib.sha256(run("canonical", file(RECORDED % json.dumps(ONE))).stdout).hexdigest()


def test_option_precedes_what_a_config_map_says(file):
    expected = config_hash(Content({"c": ONE.encode()}, formats={"c": "yaml"}))

    assert (
        f"{expected}\n".encode() == run("hash", file(RECORDED % json.dumps(ONE)), "--effect", "c:port=restart").stdout
    )


def test_file_is_compared_with_a_config_map_as_that_one_says(file):
    done = run("diff", file(RECORDED % json.dumps(ONE)), file("port: 2\nmode: iptables\n", "c", "new"))

    assert (0, b"") == (done.returncode, done.stderr)
    assert b"~ port: 1 => 2 (nothing: declared in `effects`)" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        (("a.yaml", ONE), ("b.yaml", SAME), "b.yaml"),
        (("a.yaml", ONE), ("b.yaml.bak", SAME), "a.yaml"),
        (("live.txt", ONE), ("b.yml", SAME), "b.yml"),
        (("m.yaml", MANIFEST.partition("binaryData")[0] % "agent"), ("b", SAME), "c.yaml"),
        (("b", SAME), ("m.yaml", MANIFEST.partition("binaryData")[0] % "agent"), "c.yaml"),
        (("a", "\x00"), ("b", "\x00"), ""),
    ],
)
def test_lone_file_is_compared_whatever_it_is_called(file, old, new, name):
    done = run("diff", file(old[1], old[0], "old"), file(new[1], new[0], "new"))
    same = f"= {name}: written differently, means the same\n" if name else ""

    assert (0, f"{same}nothing restarts\n", b"") == (done.returncode, done.stdout.decode(), done.stderr)


def test_standard_input_is_compared_with_a_file_of_any_name(file):
    done = run("diff", file(ONE, "agent.yaml"), "-", stdin=SAME)

    assert (0, b"= agent.yaml: written differently, means the same\nnothing restarts\n") == (
        done.returncode,
        done.stdout,
    )


def test_format_of_a_lone_file_is_that_of_both(file):
    done = run("diff", file(ONE, "a.conf"), file(SAME, "b.conf"), "--format", "a.conf=yaml")

    assert (0, b"= b.conf: written differently, means the same\nnothing restarts\n") == (done.returncode, done.stdout)


def test_key_of_a_config_map_that_was_renamed_is_a_change(file):
    one = MANIFEST.partition("binaryData")[0] % "agent"
    done = run("diff", file(one, folder="old"), file(one.replace("c.yaml", "d.yaml"), folder="new"))

    assert (1, b"~ c.yaml renamed to d.yaml") == (done.returncode, done.stdout.splitlines()[0])


def test_config_map_of_ours_that_says_nothing_is_read_without_what_the_other_says(file):
    plain = (
        (RECORDED % json.dumps(SAME))
        .replace("annotations", "labels")
        .replace("""'{"formats": {"c": "yaml"}, "effects": {"c:port": "none"}}'""", "x")
        .replace("read-as", "daemon-set")
    )
    done = run("diff", file(plain, folder="old"), file(RECORDED % json.dumps(SAME), folder="new"))

    assert (1, b"") == (done.returncode, done.stderr)


def test_annotation_that_cannot_be_read_is_trouble(file):
    done = run("hash", file((RECORDED % json.dumps(ONE)).replace('{"formats"', '{{"formats"')))

    assert (2, b"") == (done.returncode, done.stdout)
    assert b"annotation 'config-rollout/read-as': must be a JSON object" in done.stderr


def test_configuration_with_a_kind_of_its_own_is_a_file(file):
    text = "apiVersion: example.com/v1\nkind: AgentConfiguration\n"

    assert f"{hash_of(text)}\n".encode() == run("hash", file(text)).stdout


def test_canonical_bytes_have_the_hash(file):
    path = file(ONE)

    assert run("hash", path).stdout.decode().strip() == hashlib.sha256(run("canonical", path).stdout).hexdigest()


def test_hash_as_json_says_what_was_not_understood(file):
    answer = json.loads(run("hash", file("a: 1\na: 2\n"), "--json").stdout)

    assert {"c.yaml": {"format": "text", "note": "key 'a' appears twice in one mapping, or differs only in case"}} == (
        answer["keys"]
    )


@pytest.mark.parametrize(
    ("old", "new", "code", "output"),
    [
        pytest.param(ONE, ONE, 0, "nothing restarts\n", id="nothing"),
        pytest.param(
            ONE, SAME, 0, "= c.yaml: written differently, means the same\nnothing restarts\n", id="another text"
        ),
        pytest.param(
            ONE,
            OTHER,
            1,
            f"~ c.yaml\n    ~ mode: iptables => nftables\n{hash_of(ONE)[:10]} => {hash_of(OTHER)[:10]}: restart\n",
            id="a field",
        ),
    ],
)
def test_diff(file, old, new, code, output):
    done = run("diff", file(old, folder="old"), file(new, folder="new"))

    assert (code, output) == (done.returncode, done.stdout.decode())


DROPPED = "metadata: {name: config.conf}\nipvs.strictARP: true\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        pytest.param(DROPPED, "", 0, "warning: {old}: data['c.yaml']: metadata: kube-proxy does not know this field",
                     id="fields that kube-proxy drops, before"),
        pytest.param("", DROPPED, 0, "warning: {new}: data['c.yaml']: 'ipvs.strictARP': kube-proxy does not know "
                                     "this field",
                     id="fields that kube-proxy drops, after"),
        pytest.param("oomScoreAdj: -2000\n", "", 1, "warning: {old}: data['c.yaml']: oomScoreAdj: must be from -1000",
                     id="a value that kube-proxy refuses, before"),
        pytest.param("\tx", "", 1, "warning: {old}: data['c.yaml']: line 4: kube-proxy cannot read it",
                     id="what kube-proxy cannot read, before"),
        pytest.param("", "\tx", 2, "{new}: data['c.yaml']: line 4: kube-proxy cannot read it",
                     id="what kube-proxy cannot read, after"),
    ],
)  # fmt: skip
def test_diff_compares_with_whatever_was_there_before(file, old, new, code, said):
    paths = [file(f"{KUBE_PROXY}mode: ipvs\n{text}", folder=side) for side, text in (("old", old), ("new", new))]
    done = run("diff", *paths)

    assert code == done.returncode
    assert said.format(old=paths[0], new=paths[1]) in done.stderr.decode()


def test_hash_of_a_kube_proxy_configuration_with_metadata_is_that_without(file):
    plain, named = (run("hash", file(f"{KUBE_PROXY}mode: ipvs\n{text}")).stdout for text in ("", DROPPED))

    assert plain == named != b""


def test_diff_as_json(file):
    done = run("diff", file("a: 1e3\nb: [x]\n", folder="old"), file("a: 1000\nc: null\n", folder="new"), "--json")
    answer = json.loads(done.stdout)
    row = {"key": "c.yaml", "effect": "restart", "class": "restart"}

    assert [
        row | {"path": "a", "op": "~", "old": "1e3", "new": "1000"},
        row | {"path": "b", "op": "-", "old": ["x"], "new": None},
        row | {"path": "c", "op": "+", "old": None, "new": None},
    ] == answer["changes"]
    assert (True, hash_of("a: 1e3\nb: [x]\n"), hash_of("a: 1000\nc: null\n")) == (
        answer["restart"],
        answer["old_hash"],
        answer["new_hash"],
    )


def nested(depth: int) -> bytes:
    return b"apiVersion: v1\na: " + b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (MANIFEST % "a" + MANIFEST % "b", [], "contains 2 ConfigMaps (a, b). Choose one with --name."),
        (MANIFEST % "a", ["--name", "b"], "contains no ConfigMap 'b' (got a). Choose one of them."),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n", [],
         "contains no ConfigMap (got Secret). Pass a manifest with one."),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {a: 1}\n", [],
         "c.yaml: line 4: data['a']: must be text, but 1 is a number. Quote it."),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: x\n", [],
         "data: must be a mapping (got str). Write key: text."),
        ("x" * (MAX_BYTES + 1), [], "data: all values together are 1,048,577 bytes"),
        (b"x" * (MAX_FILE_BYTES + 1), [], "is larger than 4,194,304 bytes; a ConfigMap holds at most 1,048,576."),
        ("a", ["--format", "c.yml=yaml"], "formats['c.yml']: data has no such key. Write 'c.yaml', if that was meant."),
        ("a", ["--format", "c.yaml=xml"], "formats['c.yaml']: is not a known format (got 'xml')."),
    ],
)  # fmt: skip
def test_trouble_is_one_sentence_and_exit_2(file, text, arguments, message):
    done = run("hash", file(text), *arguments)

    assert (2, b"") == (done.returncode, done.stdout)
    assert message in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--effect", "c.yml=none"], "effects['c.yml']: there is no such key. Write 'c.yaml', if that was meant."),
        (["--effect", "c.yaml:q=none"], "effects['c.yaml:q']: is not a known field."),
        (["--effect", "c.yaml=no"], "effects['c.yaml']: is not a known effect (got 'no')."),
        (["--effect", "c.yaml"], "must be KEY=EFFECT (got 'c.yaml')"),
    ],
)
@pytest.mark.parametrize("command", ["hash", "diff"])
def test_bad_effect_is_trouble(file, command, arguments, message):
    paths = [file(ONE, folder=folder) for folder in ("old", "new")][: {"hash": 1, "diff": 2}[command]]
    done = run(command, *paths, *arguments)

    assert (2, b"") == (done.returncode, done.stdout)
    assert message in done.stderr.decode()


def test_field_that_is_stated_to_do_nothing_restarts_nothing(file):
    done = run("diff", file(ONE, folder="old"), file(OTHER, folder="new"), "--effect", "c.yaml:mode=none")

    assert 0 == done.returncode
    assert (
        "~ c.yaml\n    ~ mode: iptables => nftables (nothing: declared in `effects`)\nnothing restarts\n"
        == done.stdout.decode()
    )


def test_reload_is_told_and_restarts_nothing(file):
    paths = file("a\n", "a.conf", "old"), file("b\n", "a.conf", "new")
    done = run("diff", *paths, "--effect", "a.conf=reload", "--json")

    assert 0 == done.returncode
    assert [("reload", "stated")] == [(row["effect"], row["class"]) for row in json.loads(done.stdout)["changes"]]


def test_options_may_name_a_key_that_one_side_has_not_yet(file):
    file(ONE, folder="old")
    file(ONE, folder="new")
    file("a: 1", "new.conf", "new")
    folders = file(ONE, folder="old").parent, file(ONE, folder="new").parent
    done = run("diff", *folders, "--format", "new.conf=yaml", "--effect", "new.conf:a=none")

    assert (1, b"") == (done.returncode, done.stderr)


def test_secrets_are_not_printed(file):
    paths = file("auth: {password: hunter2}", folder="old"), file("auth: {password: hunter3}", folder="new")

    assert b"~ auth.password: [secret] => [secret]" in run("diff", *paths).stdout
    (row,) = json.loads(run("diff", *paths, "--json").stdout)["changes"]
    assert ("[secret]", "[secret]") == (row["old"], row["new"])


PAIRS = [
    (ONE, OTHER, []),
    (ONE, SAME, []),
    ("a: 1\na: 2\n", "a: 1\na: 3\n", []),
    (ONE, OTHER, ["--effect", "c.yaml:mode=reload"]),
    ("1: a\nb: .inf\n", "1: b\nc: {2026-11-25: [~]}\n", []),
    (f"{KUBE_PROXY}mode: iptables\n", f"{KUBE_PROXY}mode: nftables\nipvs: {{scheduler: lc}}\n", []),
]


@pytest.mark.parametrize(("old", "new", "options"), PAIRS)
def test_json_is_as_its_schemas_say(file, old, new, options):
    first, second = file(old, folder="old"), file(new, folder="new")
    for command, paths in (("hash", [first]), ("hash", [second]), ("diff", [first, second])):
        schema = json.loads((DOCS / "schemas" / f"{command}.json").read_text())

        jsonschema.validate(json.loads(run(command, *paths, *options, "--json").stdout), schema)


@pytest.mark.parametrize(
    "arguments", [["hash", "/nowhere"], ["diff", "-", "-"], ["hash"], ["hash", "-", "--format", "x"]]
)
def test_bad_call_is_exit_2_without_a_traceback(arguments):
    done = run(*arguments)

    assert 2 == done.returncode
    assert b"Traceback" not in done.stderr


def test_folder_in_a_folder_is_trouble(tmp_path):
    (tmp_path / "sub").mkdir()

    assert b"contains the folder 'sub', but a ConfigMap has no folders" in run("hash", tmp_path).stderr


@pytest.mark.parametrize("text", [nested(10_000), nested(100_000), b"apiVersion: v1\n\x00", b"apiVersion: \xff"])
def test_hostile_file_is_hashed_or_refused_without_a_traceback(file, text):
    done = run("hash", file(text))

    assert done.returncode in (0, 2)
    assert b"Traceback" not in done.stderr


def test_closed_pipe_is_quiet(file):
    path = file("".join(f"key-{number}: 1\n" for number in range(20_000)))
    command = f"{sys.executable} -m config_rollout canonical {path} | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True)

    assert (b"c", b"") == (done.stdout, done.stderr)


def test_command_line_imports_nothing_heavy(file):
    heavy = "('pulumi', 'matplotlib', 'numpy', 'shtab', 'rich', 'kubernetes')"
    code = (
        "import sys; from config_rollout.cli.main import main; main(sys.argv[1:]);"
        f"print([module for module in sys.modules if module.startswith({heavy})])"
    )
    done = subprocess.run([sys.executable, "-c", code, "hash", file(ONE)], capture_output=True, text=True)

    assert "[]" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize("command", cli._MODULES)
def test_each_command_is_known_to_its_own_module_alone(command):
    done = run(command, "--help")

    assert (0, f"usage: config-rollout {command} ") == (done.returncode, done.stdout.decode()[: 23 + len(command)])


def test_version_is_that_of_the_package():
    done = run("--version")

    assert (0, f"config-rollout {version('pulumi-config-rollout')}\n") == (done.returncode, done.stdout.decode())


def test_help_names_every_command():
    told = run("--help").stdout.decode()

    assert [] == [command for command in cli._MODULES if f"\n    {command} " not in told]
    assert [] == re.findall(r"\b(\w+)(?: |\n +)\1\b", told)


def test_example_of_the_document_is_what_is_printed(file, tmp_path):
    document = (DOCS / "command-line.md").read_text()
    command, *output = document.split("```text\n")[1].split("```")[0].splitlines()
    file("mode: iptables\n", "config.yaml", "old")
    file("mode: nftables\n", "config.yaml", "new")
    words = command.removeprefix("$ config-rollout ").split()
    done = subprocess.run(
        [sys.executable, "-m", "config_rollout", *words], capture_output=True, text=True, cwd=tmp_path
    )

    assert output == done.stdout.splitlines()
