"""What `check` reads, what it says of what it did not look at, and which manifests belong together."""

import os

import pytest

from tests.objects.check_runs import AGENT, MAP, REFUSED, Folder

HASHED = "config-not-hashed"
TEMPLATE = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: {{ .Release.Name }}}\n"


@pytest.fixture
def here(tmp_path):
    return Folder(tmp_path)


def note(done) -> list[str]:
    return [line.removeprefix("config-rollout: note: ") for line in done.err.splitlines()]


def test_several_paths_are_checked(here):
    here.write("a/m.yaml", f"{MAP}---\n{AGENT}")
    here.write("b/m.yaml", f"{MAP}---\n{AGENT}")

    assert [f"a/m.yaml:17 {HASHED}", f"b/m.yaml:17 {HASHED}"] == here.check("a", "b/m.yaml").findings


def test_file_that_is_named_twice_is_checked_once(here):
    here.write("a/m.yaml", f"{MAP}---\n{AGENT}")

    assert [f"a/m.yaml:17 {HASHED}"] == here.check("a", "a/m.yaml").findings


def test_two_spellings_of_a_folder_are_one_set(here):
    here.write("a/map.yaml", MAP)
    here.write("a/ds.yaml", AGENT)

    assert [f"a/ds.yaml:12 {HASHED}"] == here.check("a/map.yaml", here.path / "a" / "ds.yaml", "./a/ds.yaml").findings


def test_pattern_is_expanded(here):
    here.write("x/a/m.yaml", f"{MAP}---\n{AGENT}")
    here.write("x/b/m.txt", f"{MAP}---\n{AGENT}")

    assert [f"x/a/m.yaml:17 {HASHED}"] == here.check("x/**/*").findings


def test_pattern_that_fits_nothing_is_trouble(here):
    done = here.check("x/*.yaml")

    assert (2, "") == done[:2]
    assert (
        "config-rollout: x/*.yaml: matches no file. Name a file, a folder or '-', or correct the pattern." in done.err
    )


def test_no_path_is_trouble(here):
    assert (2, "", "config-rollout: check: PATH is required. Name files, folders or '-'.\n") == here.check()


@pytest.mark.parametrize("name", ["m.YAML", "m.Yml", "m.JSON", ".hidden/m.yaml"])
def test_name_of_a_manifest_is_known(here, name):
    here.write(name, f"{MAP}---\n{AGENT}")

    assert [f"{name}:17 {HASHED}"] == here.check(".").findings


def test_git_and_node_modules_are_never_looked_at(here):
    here.write(".git/m.yaml", f"{MAP}---\n{AGENT}")
    here.write("node_modules/m.yaml", f"{MAP}---\n{AGENT}")
    here.write("m.yaml", AGENT)

    assert [] == here.check(".").findings


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.yaml", TEMPLATE, "1 document with template syntax (t.yaml:1). Render first."),
        ("t.yaml.tpl", TEMPLATE, "1 file whose name is a template's (t.yaml.tpl). Render first."),
        ("t.yml.j2", TEMPLATE, "1 file whose name is a template's (t.yml.j2). Render first."),
        ("t.yaml", "kind: DaemonSet\n  a: b", "1 document that cannot be read (t.yaml:1: it is not valid YAML"),
        ("p.yaml", "apiVersion: apps/v1\nkind: DaemonSet\n", "1 partial object, such as a patch (p.yaml:1). Check"),
    ],
)
@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 2)])
def test_what_is_not_looked_at_is_told_and_strict_fails(here, name, text, message, strict, code):
    here.write("good.yaml", MAP)
    here.write(name, text)

    done = here.check(".", *strict)

    assert code == done.code
    assert note(done)[0].startswith(f"not checked: {message}")
    assert done.out.startswith("0 findings, 0 mandatory, in ")


def test_unrendered_chart_is_not_green(here):
    here.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\n")
    here.write("chart/values.yaml", "kind: DaemonSet\nimage: {tag: 1}\n")
    here.write("chart/templates/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\n")
    for number in range(5):
        here.write(f"chart/templates/ds{number}.yaml", TEMPLATE)

    done = here.check("chart")

    assert (2, "") == done[:2]
    assert [
        "not checked: 5 documents with template syntax (chart/templates/ds0.yaml:1, chart/templates/ds1.yaml:1, "
        "chart/templates/ds2.yaml:1 and 2 more). Render first.",
        "not covered by any rule: Service (1)",
        "2 documents are not Kubernetes objects, such as a chart's values",
        "config-rollout: chart: contains no readable Kubernetes object. Pass rendered manifests.",
    ] == note(done)


def test_json_has_everything_that_was_not_looked_at(here):
    here.write("m.yaml", f"{MAP}---\n" + "---\n".join([TEMPLATE] * 5))

    assert [
        {"reason": "template-syntax", "where": f"m.yaml:{line}", "detail": ""} for line in (6, 10, 14, 18, 22)
    ] == here.check(".", "--json").json["notChecked"]


def test_folder_without_permission_is_told(here, monkeypatch):
    here.write("good.yaml", MAP)
    here.write("secret/m.yaml", MAP)
    scandir = os.scandir

    def refuse(folder):
        if str(folder).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)

    assert [
        "not checked: 1 file or folder that cannot be opened (secret: permission denied). "
        "Give the permission, or remove it."
    ] == note(here.check("."))


def test_file_that_cannot_be_opened_is_told(here):
    here.write("good.yaml", MAP)
    (here.path / "gone.yaml").symlink_to("nowhere.yaml")

    done = here.check(".", "--strict")

    assert 2 == done.code
    assert [
        "not checked: 1 file or folder that cannot be opened (gone.yaml: no such file or directory). "
        "Give the permission, or remove it."
    ] == note(done)


def test_link_to_a_folder_elsewhere_is_told_and_one_inside_is_not(here):
    here.write("in/a/m.yaml", f"{MAP}---\n{AGENT}")
    here.write("out/m.yaml", MAP)
    (here.path / "in" / "b").symlink_to("a")
    (here.path / "in" / "loop").symlink_to(".")
    (here.path / "in" / "c").symlink_to("../out")

    done = here.check("in")

    assert [f"in/a/m.yaml:17 {HASHED}"] == done.findings
    assert ["not checked: 1 link to a folder elsewhere (in/c). Name the folder itself."] == note(done)


def test_folder_is_a_set_and_another_folder_another_one(here):
    here.write("a/map.yaml", MAP)
    here.write("a/ds.yaml", AGENT)
    here.write("b/ds.yaml", AGENT)

    assert [f"a/ds.yaml:12 {HASHED}"] == here.check(".").findings


def test_together_is_one_set(here):
    here.write("maps/map.yaml", MAP)
    here.write("sets/ds.yaml", AGENT)

    assert [] == here.check(".").findings
    assert [f"sets/ds.yaml:12 {HASHED}"] == here.check(".", "--together").findings


KEY = AGENT.replace("{name: agent}}]", "{name: agent, items: [{key: b.yaml, path: agent.yaml}]}}]")
"""Reads another key than `MAP` has."""


def test_name_that_stands_in_several_folders_is_another_object_in_each(here):
    here.write("a/m.yaml", f"{MAP}---\n{KEY}")
    here.write("b/m.yaml", f"{MAP.replace('agent.yaml', 'b.yaml')}---\n{KEY}")

    assert ["a/m.yaml:17 missing-key"] == [one for one in here.check(".").findings if "missing-key" in one]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("agent.yaml", "b.yaml", ["m.yaml:17 missing-key"]),
        ("b.yaml", "agent.yaml", []),
    ],
)
def test_of_variants_in_one_folder_the_one_in_the_same_file_counts(here, ours, theirs, expected):
    here.write("m.yaml", f"{MAP.replace('agent.yaml', ours)}---\n{KEY}")
    here.write("n.yaml", MAP.replace("agent.yaml", theirs))

    assert expected == [one for one in here.check(".").findings if "missing-key" in one]


def test_key_is_missing_only_if_no_variant_has_it(here):
    here.write("a.yaml", MAP)
    here.write("b.yaml", MAP.replace("agent.yaml", "b.yaml"))
    here.write("ds.yaml", KEY)

    assert [] == [one for one in here.check(".").findings if "missing-key" in one]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("b", ["a/m.yaml:17"]),
        ("m.yaml", []),
        ("a/*", ["b/c/m.yaml:17"]),
        ("b/c", ["a/m.yaml:17"]),
        ("./b/", ["a/m.yaml:17"]),
        ("**/c", ["a/m.yaml:17"]),
        ("**/*.yaml", []),
        ("c/b", ["a/m.yaml:17", "b/c/m.yaml:17"]),
    ],
)
def test_excluded_files_are_left_out(here, pattern, expected):
    here.write("a/m.yaml", f"{MAP}---\n{AGENT}")
    here.write("b/c/m.yaml", f"{MAP}---\n{AGENT}")

    assert [f"{one} {HASHED}" for one in expected] == here.check(".", "--exclude", pattern).findings


def test_what_is_excluded_is_counted_and_what_fits_nothing_is_told(here):
    here.write("a/m.yaml", MAP)
    here.write("b/m.yaml", MAP)

    assert [
        "1 file or folder left out by patterns",
        "--exclude config-not-hashd: matches no rule, file or folder. Correct it, or remove it.",
    ] == note(here.check(".", "--exclude", "b", "--exclude", "config-not-hashd"))


def test_settings_of_an_editor_are_no_gap(here):
    here.write("m.yaml", MAP)
    here.write(".vscode/settings.json", '{\n  // JSON with comments\n  "tabs": 2,\n}\n')

    assert (0, ["1 document is not a Kubernetes object, such as a chart's values"]) == (
        here.check(".", "--strict").code,
        note(here.check(".")),
    )


def test_values_alone_are_no_trouble(here):
    here.write("values.yaml", "replicas: 2\n")

    done = here.check("values.yaml")

    assert (0, "0 findings, 0 mandatory, in 0 objects\n") == done[:2]
    assert ["1 document is not a Kubernetes object, such as a chart's values"] == note(done)


def test_mandatory_finding_and_strict_trouble_is_trouble(here):
    here.write("m.yaml", f"{REFUSED}---\n{TEMPLATE}")

    assert [1, 2] == [here.check(".").code, here.check(".", "--strict").code]
