"""The real Pulumi CLI in a home of its own: its own state, plugins and settings, nothing of the user's."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from .build import TOOLS
from .local_cluster import run_folder

if TYPE_CHECKING:
    from pulumi import automation

_FROM_THE_USER = (
    "HOME",
    "LANG",
    "LC_ALL",
    "TERM",
    "COLUMNS",
    "TMPDIR",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "XDG_CACHE_HOME",
)

_PLUGINS = {
    "pulumi-resource-kubernetes": "resource-kubernetes",
    "pulumi-language-python": "language-python",
    "pulumi-language-yaml": "language-yaml",
}


class Engine:
    """A context manager; the home is gone when it ends."""

    def __init__(self, binaries: Mapping[str, Path], kubeconfig: Path) -> None:
        self.home = run_folder("pulumi")
        self.program = str(self.home / "bin" / "pulumi")
        self._link(binaries)
        (self.home / "state").mkdir()
        self.environment = {
            **{name: os.environ[name] for name in _FROM_THE_USER if name in os.environ},
            "PATH": f"{self.home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
            "KUBECONFIG": str(kubeconfig),
            "KUBECACHEDIR": str(self.home / "kube-cache"),
            "PULUMI_HOME": str(self.home),
            "PULUMI_BACKEND_URL": f"file://{self.home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        }

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _workspace(self, name: str) -> "automation.LocalWorkspaceOptions":
        """Return where a program of this process runs as a stack: a folder of its own in the home."""
        from pulumi import automation  # only some who start an engine have such a program
        from pulumi.runtime import _grpc_settings

        # Channels to one address share a connection, and what has lost it waits before it tries again: an engine that
        # gets the port of an earlier one would be taken for gone.
        option = ("grpc.use_local_subchannel_pool", 1)
        if option not in _grpc_settings._GRPC_CHANNEL_OPTIONS:
            _grpc_settings._GRPC_CHANNEL_OPTIONS.append(option)
        folder = self.home / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        return automation.LocalWorkspaceOptions(
            work_dir=str(folder),
            pulumi_home=str(self.home),
            env_vars=self.environment,
            pulumi_command=self._command,
        )

    @cached_property
    def _command(self) -> "automation.PulumiCommand":
        """The program as the SDK runs it, once asked for its version."""
        from pulumi import automation

        return automation.PulumiCommand(root=str(self.home))

    def stack(self, name: str, project: str, program: Callable[[], None], folder: str = "") -> "automation.Stack":
        """
        Create a stack of a program of this process, in a folder of that name, by default the stack's.

        It runs what it is told to and nothing more: after each run the SDK would ask for outputs and history, in up to
        three more processes. Here they are empty.
        """
        from pulumi import automation

        stack = automation.create_stack(name, project, program, opts=self._workspace(folder or name))
        stack.outputs, stack.info = dict, lambda *_: True  # type: ignore[method-assign,assignment]
        return stack

    def run(self, *arguments: str, folder: Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """
        Run `pulumi` in a program's folder; stdout and stderr come back as one text.

        Raises:
          RuntimeError: It failed and `check` is set; with its output.

        """
        done = subprocess.run(
            [self.program, *arguments, "--non-interactive"],
            cwd=folder, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"pulumi {' '.join(arguments)} exited with {done.returncode}:\n{done.stdout}")
        return done

    def put_on_path(self, name: str, program: Path) -> None:
        """
        Put a program, and the files that must lie beside it, on the engine's own PATH.

        A provider there is taken whatever its version: a newer pulumi-kubernetes than it then finds one.
        Source: pulumi 3.259 sdk/go/common/workspace/plugins.go, `getPluginInfoAndPath`.
        """
        for file in _parts(name, program):
            (self.home / "bin" / file.name).symlink_to(file)

    def _link(self, binaries: Mapping[str, Path]) -> None:
        """Put `pulumi` on the engine's own PATH, and its plugins where it looks for them."""
        (self.home / "bin").mkdir()
        for name, program in binaries.items():
            folder = self.home / "bin"
            if kind := _PLUGINS.get(name):
                folder = self.home / "plugins" / f"{kind}-v{TOOLS[name].version}"
                folder.mkdir(parents=True, exist_ok=True)
            for file in _parts(name, program):
                (folder / file.name).symlink_to(file)


def _parts(name: str, program: Path) -> list[Path]:
    """Return a program and the files that must lie beside it."""
    beside = TOOLS[name].beside[1:] if name in TOOLS else ()
    return [program, *(program.parent / Path(file).name for file in beside)]
