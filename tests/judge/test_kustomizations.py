"""`check` of kustomizations, which the real kubectl renders."""

import os

import pytest

from tests.objects.check_runs import AGENT, MAP, REFUSED, Folder
from tools import build

pytestmark = pytest.mark.judge

HASHED, REFUSES = "config-not-hashed", "update-strategy"
PATCH = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec: {updateStrategy: {type: OnDelete}}\n"


@pytest.fixture(scope="module")
def kubectl():
    return build.ensure(["kubectl"])["kubectl"]


@pytest.fixture
def here(tmp_path, tmp_path_factory, monkeypatch, kubectl):
    """Return a folder; kubectl is the only program on the path."""
    programs = tmp_path_factory.mktemp("programs")
    (programs / "kubectl").symlink_to(kubectl)
    monkeypatch.setenv("PATH", str(programs))
    return Folder(tmp_path)


def test_generated_config_map_needs_no_hash(here):
    here.write("app/ds.yaml", AGENT)
    here.write(
        "app/kustomization.yaml",
        "resources: [ds.yaml]\nconfigMapGenerator: [{name: agent, literals: [agent.yaml=b]}]\n",
    )

    assert (0, "0 findings, 0 mandatory, in 2 objects\n", "") == here.check("app")


def test_generated_config_map_without_a_suffix_needs_one(here):
    here.write("app/ds.yaml", AGENT)
    here.write(
        "app/kustomization.yaml",
        "resources: [ds.yaml]\nconfigMapGenerator: [{name: agent, literals: [agent.yaml=b]}]\n"
        "generatorOptions: {disableNameSuffixHash: true}\n",
    )

    assert [f"app/ds.yaml:12 {HASHED}"] == here.check("app").findings


def test_patch_is_looked_at_where_it_ends_up(here):
    here.write("base/ds.yaml", REFUSED.replace("maxUnavailable: 0", "maxUnavailable: 1"))
    here.write("base/kustomization.yaml", "resources: [ds.yaml]\n")
    here.write("prod/patch.yaml", PATCH)
    here.write("prod/kustomization.yaml", "resources: [../base]\npatches: [{path: patch.yaml}]\n")

    done = here.check(".")

    assert (["base/ds.yaml:7 on-delete"], "") == (done.findings, done.err)
    assert "DaemonSet default/agent of prod: spec.updateStrategy.type: is OnDelete" in done.out


def test_base_is_looked_at_only_through_what_is_made_of_it(here):
    here.write("base/ds.yaml", REFUSED)
    here.write("base/kustomization.yaml", "resources: [ds.yaml]\n")
    for name in ("dev", "prod"):
        here.write(f"{name}/kustomization.yaml", f"resources: [../base]\nnameSuffix: -{name}\n")
    (finding,) = [one for one in here.check(".", "--json").json["findings"] if one["rule"] == REFUSES]

    assert ("base/ds.yaml", 7, ["dev", "prod"]) == (finding["file"], finding["line"], finding["kustomizations"])


def test_finding_of_many_kustomizations_names_two(here):
    here.write("base/ds.yaml", REFUSED)
    here.write("base/kustomization.yaml", "resources: [ds.yaml]\n")
    for name in "abcd":
        here.write(f"{name}/kustomization.yaml", "resources: [../base]\n")

    assert "base/ds.yaml:7: mandatory: DaemonSet default/agent of a, b and 2 more: spec." in here.check(".").out


def test_base_that_is_named_alone_is_looked_at(here):
    here.write("base/ds.yaml", REFUSED)
    here.write("base/kustomization.yaml", "resources: [ds.yaml]\n")
    here.write("prod/kustomization.yaml", "resources: [../base]\n")

    assert [f"base/ds.yaml:7 {REFUSES}"] == here.check("base").findings


def test_component_is_looked_at_where_it_ends_up(here):
    here.write("base/ds.yaml", AGENT)
    here.write("base/kustomization.yaml", "resources: [ds.yaml]\n")
    here.write("component/patch.yaml", PATCH)
    here.write(
        "component/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: patch.yaml}]\n",
    )
    here.write("prod/kustomization.yaml", "resources: [../base]\ncomponents: [../component]\n")
    done = here.check(".")

    assert (["base/ds.yaml:4 on-delete"], "") == (done.findings, done.err)


def test_file_beside_a_kustomization_that_it_does_not_name_is_looked_at(here):
    here.write("app/map.yaml", MAP)
    here.write("app/kustomization.yaml", "resources: [map.yaml]\n")
    here.write("app/ds.yaml", f"{MAP}---\n{AGENT}")

    assert [f"app/ds.yaml:17 {HASHED}"] == here.check("app").findings


def test_inline_patch_and_prefix_leave_the_place(here):
    here.write("ds.yaml", f"{MAP}---\n{AGENT}")
    here.write(
        "kustomization.yaml",
        "namePrefix: my-\nnamespace: prod\nresources: [ds.yaml]\npatches:\n"
        "- patch: |\n    apiVersion: apps/v1\n    kind: DaemonSet\n    metadata: {name: agent}\n"
        "    spec: {updateStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}\n",
    )
    done = here.check(".", "--json").json

    assert [("DaemonSet prod/my-agent", 17, HASHED), ("DaemonSet prod/my-agent", 9, REFUSES)] == [
        (one["resource"], one["line"], one["rule"]) for one in done["findings"]
    ]


def test_remote_base_is_not_fetched_and_told(here):
    here.write("app/kustomization.yaml", "resources: ['https://127.0.0.1:9/base?ref=v1', ds.yaml]\n")
    here.write("app/ds.yaml", f"{MAP}---\n{AGENT}")
    done = here.check("app")

    assert [f"app/ds.yaml:17 {HASHED}"] == done.findings
    assert (
        "config-rollout: note: not checked: 1 kustomization that is not rendered (app: it names "
        "https://127.0.0.1:9/base?ref=v1, which is not a file or folder here). Render it yourself, "
        "and pipe the result into check -.\n"
    ) == done.err


def test_what_kubectl_refuses_is_told(here):
    here.write("good.yaml", MAP)
    here.write("app/kustomization.yaml", "resources: [ds.yaml]\nnamPrefix: a\n")
    here.write("app/ds.yaml", AGENT)
    done = here.check(".", "--strict")

    assert 2 == done.code
    assert "1 kustomization that is not rendered (app: " in done.err
    assert 'unknown field "namPrefix"' in done.err


@pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization"])
def test_every_name_of_the_file_is_known(here, name):
    here.write(f"app/{name}", "resources: [ds.yaml]\nconfigMapGenerator: [{name: agent, literals: [agent.yaml=b]}]\n")
    here.write("app/ds.yaml", AGENT)

    assert (0, "") == here.check("app")[::2]


def test_without_a_program_whole_objects_are_looked_at_and_patches_are_not(here, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    here.write("app/kustomization.yaml", "resources: [ds.yaml]\npatches: [{path: patch.yaml}, {path: map.yaml}]\n")
    here.write("app/ds.yaml", f"{MAP}---\n{AGENT}")
    here.write("app/map.yaml", MAP.replace("agent.yaml", "-----BEGIN PRIVATE KEY-----"))
    here.write("app/patch.yaml", PATCH)
    done = here.check("app")

    assert [f"app/ds.yaml:17 {HASHED}"] == done.findings
    assert [
        "config-rollout: note: not checked: 1 kustomization that is not rendered (app: neither kustomize nor kubectl "
        "is installed). Render it yourself, and pipe the result into check -.",
        "config-rollout: note: not checked: 2 files of kustomizations' patches (app/map.yaml, app/patch.yaml). "
        "Check what the kustomization renders to.",
    ] == done.err.splitlines()


def test_literal_that_is_an_address_is_no_remote_base(here):
    here.write("app/ds.yaml", AGENT)
    here.write(
        "app/kustomization.yaml",
        "resources: [ds.yaml]\nconfigMapGenerator: [{name: agent, literals: ['agent.yaml=https://127.0.0.1:9/']}]\n",
    )

    assert (0, "") == here.check("app")[::2]


def test_generator_with_a_remote_file_is_not_rendered(here):
    here.write("app/ds.yaml", f"{MAP}---\n{AGENT}")
    here.write(
        "app/kustomization.yaml",
        "resources: [ds.yaml]\nconfigMapGenerator: [{name: x, files: ['a=https://127.0.0.1:9/a']}]\n",
    )

    assert "app: it names https://127.0.0.1:9/a, which is not a file or folder here" in here.check("app").err


def test_object_of_flux_in_a_file_of_that_name_is_no_kustomization(here):
    here.write("app/ds.yaml", f"{MAP}---\n{AGENT}")
    here.write(
        "app/kustomization.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: ./x}\n"
    )
    done = here.check("app")

    assert [f"app/ds.yaml:17 {HASHED}"] == done.findings
    assert "config-rollout: note: not covered by any rule: Kustomization (1)\n" == done.err


def test_what_is_rendered_is_not_fixed_and_told(here):
    here.write("app/ds.yaml", f"{MAP}---\n{AGENT}")
    here.write("app/kustomization.yaml", "resources: [ds.yaml]\n")
    done = here.check("app", "--fix", "--yes")

    assert (0, "") == done[:2]
    assert (
        "config-rollout: note: app: DaemonSet default/agent: not fixed: a kustomization renders it. Generate the "
        "ConfigMap with configMapGenerator.\nconfig-rollout: nothing to fix.\n"
    ) == done.err
