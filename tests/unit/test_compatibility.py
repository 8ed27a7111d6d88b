"""Too old is refused, what the tests have not seen is warned about, and the table says what the pins are."""

import re
import tomllib
from pathlib import Path

import pytest

from config_rollout.core.compatibility import NEEDS, judge, parse, render_table
from tools.build import JUDGES, KNOWN, TOOLS

ROOT = Path(__file__).parents[2]
BY_KEY = {need.key: need for need in NEEDS}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3.11.7", (3, 11)), ("v1.36.3", (1, 36)), ("v1.34.2-eks-1a2b", (1, 34)), ("1.34+", (1, 34)),
     ("3.259.0-dev.1+x", (3, 259)), ("v1.37.0-alpha.1", (1, 37)), ("3.219 or older", (3, 219)), ("3", None),
     ("", None), ("new", None), ("1.2x", None)],
)  # fmt: skip
def test_version_is_read(text, expected):
    assert expected == parse(text)


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.key)
def test_least_and_tested_pass_and_below_least_is_refused(need):
    below = f"{need.least[0]}.{need.least[1] - 1}.9"
    findings, _ = judge({need.key: below})

    assert [([], [])] * 2 == [judge({need.key: f"{v[0]}.{v[1]}.0"}) for v in need.tested]
    assert [] == judge({need.key: f"{need.least[0]}.{need.least[1]}.0"})[0]
    assert [need.title] == [finding.where for finding in findings]


@pytest.mark.parametrize(
    ("key", "version", "warned"),
    [
        pytest.param("python", "3.14.0", True, id="a minor release of Python"),
        pytest.param("kubernetes", "v1.38.0", True, id="a minor release of Kubernetes"),
        pytest.param("kubernetes", "v1.33.9", True, id="a minor release before the oldest tested"),
        pytest.param("kubernetes", "v1.37.99", False, id="a patch release"),
        pytest.param("sdk", "3.999.0", False, id="a minor release under SemVer"),
        pytest.param("engine", "4.0.0", True, id="a major release under SemVer"),
        pytest.param("engine", "unknown", True, id="a version that cannot be read"),
    ],
)
def test_warned_about(key, version, warned):
    findings, warnings = judge({key: version})

    assert ([], warned) == (findings, bool(warnings))


def test_message_says_what_is_there_what_is_needed_and_why():
    (finding,), _ = judge({"engine": "3.200.0"})

    assert (
        "the Pulumi CLI: is too old (got 3.200.0): before, the engine did not fail a run whose hook failed after an "
        "update. Use 3.238 or newer." == str(finding)
    )


def test_everything_too_old_is_found_at_once():
    assert 3 == len(judge({"python": "3.10.1", "sdk": "3.1.0", "kubernetes": "1.20"})[0])


def test_table_has_a_row_for_each_need():
    assert 2 + len(NEEDS) == len(render_table().splitlines())


def locked(package: str) -> str:
    return re.search(rf"(?m)^{package}==(\S+)", (ROOT / "requirements.lock").read_text())[1]


def test_tested_is_what_the_tests_run_with():
    judges = sorted(parse(KNOWN[name].version) for name in JUDGES)

    assert {
        "engine": parse(TOOLS["pulumi"].version),
        "sdk": parse(locked("pulumi")),
        "provider": parse(TOOLS["pulumi-resource-kubernetes"].version),
    } == {key: BY_KEY[key].tested[1] for key in ("engine", "sdk", "provider")}
    assert (judges[0], judges[-1]) == BY_KEY["kubernetes"].tested


def test_least_is_what_an_installation_asks_for():
    asked = {re.split(r"[><=]", line)[0]: line for line in PROJECT["project"]["dependencies"]}

    assert {
        "python": PROJECT["project"]["requires-python"],
        "sdk": asked["pulumi"].split(",")[0],
        "provider": asked["pulumi-kubernetes"].split(",")[0],
    } == {
        key: f"{name}>={BY_KEY[key].least[0]}.{BY_KEY[key].least[1]}"
        for key, name in (("python", ""), ("sdk", "pulumi"), ("provider", "pulumi-kubernetes"))
    }
