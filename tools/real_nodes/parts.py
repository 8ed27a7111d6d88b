"""
What a node consists of beside kubelet and kube-proxy: Debian's packages, unpacked into the tool cache, and images.

Nothing is installed on the machine. No registry is asked: the images are made here, under the names that manifests use.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import build

NODE_PACKAGES = ("containerd", "runc", "containernetworking-plugins")
IMAGE_PACKAGES = (
    "busybox-static", "nftables", "iptables", "conntrack", "libc6", "libnftables1", "libnftnl11", "libmnl0",
    "libxtables12", "libedit2", "libbsd0", "libmd0", "libtinfo6", "libjansson4", "libgmp10", "libip4tc2", "libip6tc2",
    "libnetfilter-conntrack3", "libnfnetlink0", "netbase",
)  # fmt: skip
"""
What kube-proxy runs, what that is linked with, and /etc/protocols.

Without that file `nft` lists `6` for `tcp`: a kube-proxy in mode nftables that starts again takes its earlier rules for
others, and deletes what it has just written.
"""

PAUSE_IMAGE = "registry.k8s.io/pause:3.10"
"""Holds a pod's namespaces. It has busybox and waits, so tests use it for pods of their own too."""

PROXY = f"kube-proxy-{build.RELEASE}"
PROXY_IMAGE = f"registry.k8s.io/kube-proxy:v{build.TOOLS[PROXY].version}"
"""What kubeadm and `KubeProxy` ask for."""

COREDNS_IMAGE = f"registry.k8s.io/coredns/coredns:v{build.TOOLS['coredns'].version}"
"""What a program does that reads its file again."""

_WAIT = ("/bin/busybox", "sleep", "2147483647")
_IPTABLES = [f"{name}{end}" for name in ("iptables", "ip6tables") for end in ("", "-save", "-restore")]

Layer = tuple[str, bytes]


def missing() -> str:
    """Return why no real node can run here, in a sentence; empty where they can."""
    if sys.platform != "linux":
        return "real nodes need Linux, for its namespaces and cgroups."
    if os.geteuid():
        return "real nodes need root: they make namespaces, mounts and cgroups of their own."
    if not shutil.which("apt-get"):
        return "real nodes are made of Debian's packages, and there is no apt-get."
    if absent := [name for name in ("ip", "nsenter", "unshare") if not shutil.which(name)]:
        return f"real nodes need {', '.join(absent)} on PATH: install Debian's iproute2 and util-linux."
    if subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode:
        return "real nodes need the right to make namespaces, which this container does not give."
    return ""


def ensure() -> Path:
    """
    Return the folder that holds `root`, the unpacked packages of a node, and `images.tar`, making it once.

    Raises:
      SystemExit: A package could not be had; with apt's words.

    """
    programs = build.ensure([PROXY, "coredns"])
    proxy, coredns = programs[PROXY], programs["coredns"]
    key = hashlib.sha256(Path(__file__).read_bytes() + f"{proxy}{coredns}".encode()).hexdigest()[:12]
    folder = build.CACHE / f"real-nodes-{key}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (build.CACHE / ".real-nodes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            _unpack(NODE_PACKAGES, unfinished / "root")
            _make_images(unfinished, proxy, coredns)
            unfinished.rename(folder)
    return folder


def _unpack(packages: Sequence[str], into: Path) -> None:
    """Download packages and unpack them into a folder."""
    downloads = into.with_suffix(".packages")
    downloads.mkdir()
    download = ["apt-get", "download", "-qq", *packages]
    if subprocess.run(download, cwd=downloads, capture_output=True, check=False).returncode:
        _apt(["apt-get", "update", "-qq"], downloads)  # a new machine has no lists, and old ones name what is gone
        _apt(download, downloads)
    for package in downloads.glob("*.deb"):
        _apt(["dpkg", "-x", str(package), str(into)], downloads)
    shutil.rmtree(downloads)


def _apt(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"real nodes: {' '.join(command)} exited with {done.returncode}:\n{done.stderr.strip()}")


def _make_images(folder: Path, proxy: Path, coredns: Path) -> None:
    """Write the images into one archive: they share what Debian has, and one program comes on top."""
    root, top, dns = folder / "image", folder / "top", folder / "dns"
    _unpack(IMAGE_PACKAGES, root)
    shutil.rmtree(root / "usr" / "share")
    for name in _IPTABLES:
        link = root / "usr" / "local" / "sbin" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("/usr/sbin/xtables-nft-multi")
    (top / "usr" / "local" / "bin").mkdir(parents=True)
    shutil.copy(proxy, top / "usr" / "local" / "bin" / "kube-proxy")
    dns.mkdir()
    shutil.copy(coredns, dns / "coredns")
    base, above = _layer(root), _layer(top)
    images = {
        PAUSE_IMAGE: ([base], _WAIT),
        PROXY_IMAGE: ([base, above], ("/usr/local/bin/kube-proxy",)),
        COREDNS_IMAGE: ([_layer(dns)], ("/coredns",)),
    }
    _write_archive(folder / "images.tar", images)
    for used in (root, top, dns):
        shutil.rmtree(used)


def _layer(root: Path) -> Layer:
    """Return a folder as a layer: its digest and its bytes."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path in sorted(root.iterdir()):
            archive.add(path, path.name, filter=plain)
    return _blob(content.getvalue())


def _blob(content: bytes) -> Layer:
    return f"sha256:{hashlib.sha256(content).hexdigest()}", content


def _write_archive(path: Path, images: Mapping[str, tuple[Sequence[Layer], Sequence[str]]]) -> None:
    """
    Write images, name -> layers and entrypoint, as an OCI archive.

    Source: OCI image format specification 1.0, image layout, manifest and configuration.
    """
    blobs: dict[str, bytes] = {}
    manifests = []
    kind = "application/vnd.oci.image"

    def described(media_type: str, blob: Layer, **more: Any) -> dict[str, Any]:
        digest, content = blob
        blobs[digest] = content
        return {"mediaType": f"{kind}.{media_type}", "digest": digest, "size": len(content), **more}

    for name, (layers, entrypoint) in images.items():
        platform = {"os": "linux", "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]}
        path_variable = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        configuration = {
            **platform,
            "config": {"Entrypoint": list(entrypoint), "Env": [path_variable]},
            "rootfs": {"type": "layers", "diff_ids": [digest for digest, _ in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{kind}.manifest.v1+json",
            "config": described("config.v1+json", _blob(json.dumps(configuration).encode())),
            "layers": [described("layer.v1.tar", layer) for layer in layers],
        }
        named = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rpartition(":")[2]}
        blob = _blob(json.dumps(manifest).encode())
        manifests.append(described("manifest.v1+json", blob, platform=platform, annotations=named))
    files = {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": json.dumps({"schemaVersion": 2, "manifests": manifests}).encode(),
        **{f"blobs/{digest.replace(':', '/')}": content for digest, content in blobs.items()},
    }
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
