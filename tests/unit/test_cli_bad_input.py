"""What is no configuration: one sentence, exit code 2, a second of one processor, little memory, nothing written."""

import json
import os
import resource
import subprocess
import sys

import pytest

from config_rollout.core.configuration.content import MAX_BYTES

MIB = 2**20
MEMORY = 400 * MIB
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n"
KUBE_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))


def limit() -> None:
    """Let the program have a second of a processor, no large memory, and no file to write to."""
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def run(folder, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-B", "-m", "config_rollout", *arguments]
    return subprocess.run(command, cwd=folder, preexec_fn=limit, capture_output=True, timeout=60)


def file(text: str | bytes, name: str = "c.yaml"):
    """Return what writes a file and answers with its name."""

    def make(folder) -> str:
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return name

    return make


def sparse(size: int):
    def make(folder) -> str:
        with (folder / "c.yaml").open("wb") as stream:
            stream.truncate(size)
        return "c.yaml"

    return make


def folder_of(*names: str, size: int = 0):
    def make(folder) -> str:
        for name in names:
            path = folder / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * size)
        (folder / "in").mkdir(exist_ok=True)
        return "in"

    return make


def pipe(folder) -> str:
    os.mkfifo(folder / "pipe")
    return "pipe"


def link_to_itself(folder) -> str:
    (folder / "link").symlink_to("link")
    return "link"


LARGE = "is larger than 4,194,304 bytes; a ConfigMap holds at most 1,048,576."
INSTEAD = "Pass a file, a folder, a manifest or '-'."

TROUBLE = {
    "a path that is not there": (lambda _: "none", f"none: no such file or directory. {INSTEAD}"),
    "a path that is too long": (lambda _: "x" * 300, f"{'x' * 300}: file name too long. {INSTEAD}"),
    "a link to itself": (link_to_itself, f"link: too many levels of symbolic links. {INSTEAD}"),
    "a pipe that nobody writes to": (pipe, f"pipe: is a pipe that nothing writes to. {INSTEAD}"),
    "an endless device": (lambda _: "/dev/zero", f"/dev/zero: {LARGE}"),
    "a file of 100 MB": (sparse(100 * MIB), f"c.yaml: {LARGE}"),
    "a file of 100 GB": (sparse(100 * 1024 * MIB), f"c.yaml: {LARGE}"),
    "a file that no ConfigMap can hold": (file("x" * (MAX_BYTES + 1)), "c.yaml: data: all values together are "
     "1,048,577 bytes; a ConfigMap holds at most 1,048,576. Ship large files in the image or in a volume."),
    "a folder in a folder": (folder_of("sub/a"), "in: contains the folder 'sub', but a ConfigMap has no folders. "
                             "Pass a flat folder."),
    "an empty folder": (folder_of(), "in: data: has no keys, so there is no configuration. Add at least one key."),
    "a folder of large files": (folder_of(*map(str, range(40)), size=MIB),
                                "in: is larger than 1,048,576 bytes, the most that a ConfigMap holds."),
    "a file whose name is no key": (file("a", "a b"), "a b: data['a b']: the key contains a space. Use letters, "
                                                      "digits, "
                                    "'-', '_' or '.'."),
    "a manifest without a ConfigMap": (file(CONFIG_MAP.replace("ConfigMap", "Secret") % "a"),
                                       "c.yaml: contains no ConfigMap (got Secret). Pass a manifest with one."),
    "a manifest with three": (file("---\n".join(CONFIG_MAP % name for name in "abc")),
                              "c.yaml: contains 3 ConfigMaps (a, b, c). Choose one with --name."),
    "a manifest with two of one name": (file("---\n".join(CONFIG_MAP % name for name in "aa")),
                                        "c.yaml: contains 2 ConfigMaps named 'a'. Keep one in the manifest."),
    "a manifest whose data is a list": (file(CONFIG_MAP.replace("{a: b}", "[a]") % "a"),
                                        "c.yaml: line 4: data: must be a mapping (got list). Write key: text."),
    "a manifest with a number": (file(CONFIG_MAP.replace("{a: b}", "{a: 1}") % "a"), "c.yaml: line 4: data['a']: "
                                 "must be text, but 1 is a number. Quote it."),
    "10,000 lists in one another in a manifest": (
        file(CONFIG_MAP % "a" + "b: " + "[" * 10_000 + "]" * 10_000), "c.yaml: is not a readable manifest: it is "
        "not valid YAML (exceeded maximum nesting depth), line 5. Correct it."),
    "a bomb of aliases in a manifest": (file(CONFIG_MAP % "a" + BOMB), "c.yaml: is not a readable manifest: it "
        "is far too large once its aliases are expanded, line 7. Correct it."),
    "a manifest with half of a base64": (file(CONFIG_MAP.replace("data: {a: b}", "binaryData: {a: AAE}") % "a"),
        "c.yaml: binary_data['a']: is not base64 (its length or its padding is wrong). Pass "
        "base64.b64encode(...).decode()."),
    "a tab in kube-proxy's configuration": (file(KUBE_PROXY + "ipvs:\n\tscheduler: rr\n"), "c.yaml: data['c.yaml']: "
        "line 4: kube-proxy cannot read it: it is not valid YAML (found character that cannot start any token; the "
        "line begins with a tab). Indent it with spaces."),
    "another version of it": (file(KUBE_PROXY.replace("v1alpha1", "v1beta1")), "c.yaml: data['c.yaml']: line 1: "
        "kube-proxy cannot read it: its apiVersion is 'kubeproxy.config.k8s.io/v1beta1', and "
        "kube-proxy reads only kubeproxy.config.k8s.io/v1alpha1. Write apiVersion: "
        "kubeproxy.config.k8s.io/v1alpha1."),
}  # fmt: skip
"""What is wrong -> how to make it, and what is said."""

BYTE_FOR_BYTE = {
    "no UTF-8": file(b"a: \xff"),
    "a NUL byte": file(b"a: \x00"),
    "10,000 lists in one another": file("[" * 10_000 + "]" * 10_000),
    "10,000 objects of JSON in one another": file('{"a":' * 10_000 + "1" + "}" * 10_000, "c.json"),
    "10,000 lists of TOML in one another": file("a = " + "[" * 10_000 + "]" * 10_000, "c.toml"),
    "a key of TOML with 500,000 parts": file("a." * 500_000 + "a = 1", "c.toml"),
    "a bomb of aliases": file(BOMB),
    "an alias in itself": file("&a [*a]"),
    "NaN": file("[NaN]", "c.json"),
    "infinity": file("[-Infinity]", "c.json"),
    "half of a surrogate pair": file('["\\ud800"]', "c.json"),
    "a number of 100,000 digits": file("9" * 100_000, "c.json"),
    "a number of TOML of 100,000 digits": file("a = " + "9" * 100_000, "c.toml"),
    "a million digits that are no number": file("9" * 1_000_000 + "x"),
}
"""What no reader should meet, and docs/what-counts.md has a rule for."""


@pytest.mark.slow
@pytest.mark.parametrize("what", TROUBLE)
def test_trouble_is_a_sentence_and_exit_2(tmp_path, what):
    make, sentence = TROUBLE[what]
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = run(tmp_path, "hash", path)

    assert (2, b"") == (done.returncode, done.stdout)
    assert f"config-rollout: {sentence}\n" == done.stderr.decode()
    assert before == sorted(tmp_path.rglob("*"))


@pytest.mark.parametrize("command", ["canonical", "diff"])
def test_every_command_tells_trouble(tmp_path, command):
    file("a")(tmp_path)
    done = run(tmp_path, command, "none", *(["c.yaml"] if command == "diff" else []))

    assert (2, b"") == (done.returncode, done.stdout)
    assert f"config-rollout: none: no such file or directory. {INSTEAD}\n" == done.stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize("what", BYTE_FOR_BYTE)
def test_hostile_file_is_hashed_within_the_limits(tmp_path, what):
    done = run(tmp_path, "hash", BYTE_FOR_BYTE[what](tmp_path), "--json")

    assert 0 == done.returncode
    assert all(line.startswith(b"config-rollout: warning: ") for line in done.stderr.splitlines())
    assert 64 == len(json.loads(done.stdout)["hash"])


def test_pipe_that_somebody_writes_to_is_read(tmp_path):
    command = f"{sys.executable} -m config_rollout hash <(sleep 0.2; echo level: info)"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, timeout=60)

    assert (0, b"", 65) == (done.returncode, done.stderr, len(done.stdout))
