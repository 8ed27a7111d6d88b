"""
Which feature gates each kube-proxy has: asked of the built programs, written to core/formats/kube_proxy/gate_table.py.

`--help` lists alpha and beta gates. What it leaves out (stable and deprecated ones) is found by setting every gate that
the sources name: kube-proxy says which it does not recognise, which are locked, and which need others.
"""

import json
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import build
from .documents import ROOT

TABLE = ROOT / "components" / "config_rollout" / "core" / "formats" / "kube_proxy_gate_table.py"

_LISTED = re.compile(r"(\w+)=true\|false \((ALPHA|BETA) - default=(true|false)\)")
_NAMED = re.compile(r'featuregate\.Feature = "(\w+)"')
_UNKNOWN = re.compile(r"unrecognized feature gate: (\w+)")
_LOCKED = re.compile(r"cannot set feature gate (\w+) to (?:true|false), feature is locked to (true|false)")
_NOT_YET = re.compile(r"cannot set feature gate (\w+) to \w+, feature is PreAlpha")
_NEEDS = re.compile(r"(\w+) is enabled, but depends on features that are disabled: \[([\w ]*)\]")
_TITLE = "The feature gates of each kube-proxy, as `python -m tools.feature_gates` asked them. Not edited by hand."
_PARSED = '''
GATES = {
    name: {release: word.replace("-", " ") for release, word in zip(RELEASES, words, strict=True) if word != "-"}
    for name, *words in map(str.split, _GATES.split("\\n")[1:-1])
}
"""Gate -> release -> stage and default, `locked` with its value, or `settable` where `--help` hides it."""

NEEDS: dict[str, dict[str, tuple[str, ...]]] = {release: {} for release in RELEASES}
"""Release -> gate -> the gates without which its kube-proxy refuses it."""

for _release, _name, *_others in map(str.split, _NEEDS.split("\\n")[1:-1]):
    NEEDS[_release][_name] = tuple(_others)
'''
_GROUPS = ("AllAlpha", "AllBeta")
_AT_ONCE = 2
_HEAD = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "iptables"}


def states(program: Path, names: Iterable[str]) -> dict[str, str]:
    """Return gate -> `alpha off` and the like, for all of these names that a kube-proxy has, and those it lists."""
    help_text = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    listed = {name: f"{stage.lower()} {_word(on)}" for name, stage, on in _LISTED.findall(help_text)}
    candidates = sorted({*names, *listed})
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # each alone: kube-proxy stops at the first unknown one
        said = list(pool.map(lambda name: refusal(program, {name: True}), candidates))
    known = [name for name, why in zip(candidates, said, strict=True) if not _UNKNOWN.search(why)]
    fixed: dict[str, str] = {}
    for value in (True, False):
        why = refusal(program, dict.fromkeys(known, value))
        fixed |= {name: f"locked {_word(on)}" for name, on in _LOCKED.findall(why)}
        fixed |= dict.fromkeys(_NOT_YET.findall(why), "not yet")
    return {name: fixed.get(name) or listed.get(name) or "settable" for name in known}


def needs(program: Path, of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return gate -> the gates that must be on where it is, of those that are off when they are left out or said so."""
    free = [name for name, state in of.items() if not state.startswith(("locked", "not yet")) and name not in _GROUPS]
    found: dict[str, tuple[str, ...]] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        said = list(pool.map(lambda name: refusal(program, {**dict.fromkeys(free, False), name: True}), free))
    for name, why in zip(free, said, strict=True):
        found |= {one: tuple(sorted(others.split())) for one, others in _NEEDS.findall(why) if one == name}
    return found


def refusal(program: Path, gates: Mapping[str, bool]) -> str:
    """Return why a kube-proxy refuses these gates; empty if it takes them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.conf")
        path.write_text(json.dumps({**_HEAD, "featureGates": gates}))
        command = [str(program), "--config", str(path), "--write-config-to", str(Path(folder, "printed"))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stderr if done.returncode else ""


def _word(on: str) -> str:
    return "on" if on == "true" else "off"


def _named() -> set[str]:
    """Return what the sources of all releases call a feature gate."""
    modules = build.CACHE / "go" / "modules" / "k8s.io"
    files = [file for folder in modules.iterdir() for file in folder.rglob("*features*/*.go")]
    files += [file for folder in modules.glob("component-base@*") for file in folder.rglob("*.go")]
    return {name for file in files for name in _NAMED.findall(file.read_text(errors="replace"))}


def render(gates: Mapping[str, Mapping[str, str]], needed: Mapping[str, Mapping[str, tuple[str, ...]]]) -> str:
    """Return the module: a line for each gate, with a word for each release."""
    rows = {name: [of.get(release, "-").replace(" ", "-") for release in build.RELEASES] for name, of in gates.items()}
    lines = [f'"""{_TITLE}"""', "", f"RELEASES = ({', '.join(map(json.dumps, build.RELEASES))})"]
    lines += ['"""The releases that were asked."""', "", '_GATES = """']
    lines += [f"{name} {' '.join(words)}" for name, words in sorted(rows.items())]
    lines += ['"""', "", '_NEEDS = """']
    for release, of in needed.items():
        lines += [f"{release} {name} {' '.join(others)}" for name, others in sorted(of.items())]
    return "\n".join([*lines, '"""', _PARSED])


def main() -> None:
    """Ask every kube-proxy and write the table."""
    programs, names = build.ensure(build.JUDGES), _named()
    gates: dict[str, dict[str, str]] = defaultdict(dict)
    needed: dict[str, dict[str, tuple[str, ...]]] = {}
    for release in build.RELEASES:
        program = programs[f"kube-proxy-{release}"]
        of = states(program, names)
        needed[release] = needs(program, of)
        for name, state in of.items():
            gates[name][release] = state
        print(f"{release}: {len(of)} gates", flush=True)
    TABLE.write_text(render(gates, needed))


if __name__ == "__main__":
    main()
