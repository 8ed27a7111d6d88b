"""The core and the package itself are light to import; where imports may point, import-linter says (pyproject.toml)."""

import subprocess
import sys


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, config_rollout, config_rollout.core.explain.reasons; print(*sys.modules, sep='\\n')"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert [] == [name for name in printed.splitlines() if "pulumi" in name]
