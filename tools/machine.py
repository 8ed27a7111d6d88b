"""Where, when and with what something was measured, as pages say it."""

import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from . import build

_TITLES = {
    "etcd": "etcd", "kube-apiserver": "Kubernetes", "pulumi": "Pulumi",
    "pulumi-resource-kubernetes": "its Kubernetes provider", "helm-3": "Helm", "helm-4": "Helm",
    "kustomize": "kustomize",
}  # fmt: skip
"""Program -> what it is called where its version is said; of the others nothing is said."""


def machine() -> str:
    """Return what this machine is."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, {_gibibytes()} GiB"


def today() -> str:
    """Return the day, as 2026-11-30."""
    return datetime.now(UTC).date().isoformat()


def versions(programs: Iterable[str]) -> dict[str, str]:
    """Return program -> version."""
    return {name: build.chosen(name).version for name in dict.fromkeys(programs)}


def said(versions: Mapping[str, str]) -> str:
    """Return versions in words."""
    return ", ".join(f"{title} {versions[name]}" for name, title in _TITLES.items() if name in versions)


def _gibibytes() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
