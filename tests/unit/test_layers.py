"""Imports point down only, and the core stands alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "components" / "config_rollout"

MAY_IMPORT = {
    "core": {"core"},
    "hooks": {"core", "hooks", "cluster", "following", "ending", "owners", "voice"},
    "schema": {"core"},
    "arguments": {"core", "cluster", "schema"},
    "options": {"core"},
    "compatibility": {"core"},
    "cluster": {"core"},
    "patience": {"core", "cluster", "voice"},
    "owners": {"core", "cluster"},
    "kept": {"core", "arguments", "cluster", "owners", "patience", "voice"},
    "voice": set(),
    "ending": set(),
    "ownership": {"core", "hooks", "arguments", "cluster", "kept"},
    "staged": {"core", "hooks", "arguments", "cluster", "patience", "voice"},
    "configured_daemon_set": {
        "core",
        "hooks",
        "arguments",
        "compatibility",
        "ending",
        "kept",
        "options",
        "ownership",
        "staged",
    },
    "look": {"core", "cluster"},
    "prepare": {"core", "cluster", "kept", "look", "arguments", "compatibility", "patience"},
    "kube_proxy": {"core", "hooks", "ending", "kept", "options", "ownership", "prepare", "arguments", "staged"},
    "__init__": {"compatibility", "configured_daemon_set", "kube_proxy"},
    "sources": {"core"},
    "git_history": {"sources"},
    "histories": {"core", "sources", "git_history"},
    "judge": {"core", "sources"},
    "picture": {"core"},
    "timeline_picture": {"core", "picture"},
    "records": {"core", "sources", "cluster"},
    "exposition": {"core", "sources"},
    "variable_files": {"core", "sources"},
    "group_vars": {"core", "sources", "variable_files"},
    "following": {"core", "cluster"},
    "live_view": {"core"},
    "commands": {
        "core",
        "sources",
        "group_vars",
        "histories",
        "judge",
        "picture",
        "timeline_picture",
        "cluster",
        "records",
        "exposition",
        "following",
        "live_view",
        "commands",
    },
    "completion": set(),
    "policies": {"core"},
    "pack": {"policies"},
    "cli": {"core", "sources", "commands", "completion"},
    "__main__": {"cli"},
}
"""Layer -> the layers of this package that it may import."""

OUTSIDE = {
    "core": {"yaml", "detect_secrets", "jinja2"},
    "cli": set(),
    "commands": set(),
    "sources": set(),
    "git_history": set(),
    "histories": set(),
    "judge": set(),
    "picture": {"matplotlib"},
    "timeline_picture": {"matplotlib"},
    "records": set(),
    "exposition": {"prometheus_client"},
    "completion": {"shtab"},
    "policies": {"pulumi_policy"},
    "pack": set(),
    "variable_files": {"yaml"},
    "group_vars": set(),
    "cluster": {"kubernetes", "urllib3", "yaml"},
    "following": set(),
    "live_view": {"rich"},
    "ending": set(),
}
"""Layer -> the packages that it may import; the others may import Pulumi's."""


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[tuple[int, str]]:
    """Return (level, module) of each import of a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {(0, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{a.name}" if node.module else a.name for a in node.names]
            found |= {(node.level, name) for name in names}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    depth = len(path.relative_to(PACKAGE).parts)
    layer = layer_of(path)
    inside = {layer if level < depth else name.split(".")[0] for level, name in imports(path) if level}
    outside = {name.split(".")[0] for level, name in imports(path) if not level}

    assert set() == inside - MAY_IMPORT[layer]
    assert set() == {name for name in outside if name not in sys.stdlib_module_names} - (
        OUTSIDE.get(layer, {"pulumi", "pulumi_kubernetes"})
    )


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, config_rollout, config_rollout.core.explain; print([m for m in sys.modules if 'pulumi' in m])"

    assert "[]\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
