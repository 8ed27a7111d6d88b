"""What is read of kustomizations before anything renders them."""

import pytest

from tests.objects.check_runs import AGENT, MAP, Folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a folder with a manifest beside the kustomization; no program can render it."""
    monkeypatch.setenv("PATH", "")
    folder = Folder(tmp_path)
    folder.write("app/ds.yaml", f"{MAP}---\n{AGENT}")
    return folder


BOMB = "".join(
    f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("resources: [ds.yaml]\n", "neither kustomize nor kubectl is installed"),
        ("", "kustomization.yaml is not a mapping"),
        ("[]", "kustomization.yaml is not a mapping"),
        ("resources: [\n", "kustomization.yaml cannot be read"),
        ("\x00", "kustomization.yaml cannot be read"),
        ("patches: &a [*a]\n", "kustomization.yaml cannot be read"),
        (f"a: &a [x]\n{BOMB}patches: *i\n", "kustomization.yaml cannot be read"),
        ("resources: {a: b}\npatches: 1\nconfigMapGenerator: [1, [2]]\n", "neither kustomize nor kubectl is installed"),
        ('resources: ["a\\0b"]\n', "it names 'a\\x00b', which is not a file or folder here"),
        ("resources: [nothing.yaml]\n", "it names nothing.yaml, which is not a file or folder here"),
        ("bases:\n- github.com/a/b?ref=c\n", "it names github.com/a/b?ref=c, which is not a file or folder here"),
        ("patches: [{path: 'https://127.0.0.1:9/p.yaml'}]\n", "it names https://127.0.0.1:9/p.yaml, which"),
        ("helmCharts: [{name: a, repo: 'https://127.0.0.1:9'}]\n", "it names https://127.0.0.1:9, which"),
    ],
)
def test_why_it_is_not_rendered(here, text, why):
    here.write("app/kustomization.yaml", text)
    done = here.check("app")

    assert f"not checked: 1 kustomization that is not rendered (app: {why}" in done.err
    assert ["app/ds.yaml:17 config-not-hashed"] == done.findings


def test_kustomizations_that_use_each_other_end(here):
    here.write("a/kustomization.yaml", "resources: [../b]\n")
    here.write("b/kustomization.yaml", "resources: [../a]\n")

    assert ["app/ds.yaml:17 config-not-hashed"] == here.check(".").findings
