"""Tells the acts one after the other, on one cluster: `make demo`."""

from config_rollout.core.configuration.digest import short_hash

from .. import build
from ..engine import Engine
from ..local_cluster import LocalCluster
from . import BAD, configuration, hash_of, life, out, times, waves

ACTS = (configuration.tell, life.tell, waves.tell)


def main() -> None:
    """Tell the story; exit with 0 only if all of it was true."""
    needed = [*build.CONTROL_PLANE, *build.ENGINE]
    out.print(f"Programs {build.sources(needed)}.", markup=False)
    binaries = build.ensure(needed)
    times.built = times.now()
    out.print(
        "A control plane on this machine: etcd, API server, controllers, scheduler; kwok plays the nodes. The engine"
    )
    out.print("is Pulumi's own. The program is __main__.py of this repository.")
    bad = f"kube-proxy-{short_hash(hash_of(BAD))}"
    with LocalCluster(binaries, crashing_config_maps=[bad]) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        for tell in ACTS:
            tell(cluster, engine)
    out.print(f"\n{times.first_preview()}", markup=False)
    out.print(f"Everything above was checked, in {times.now() - times.built:.0f} s. To go on by hand:")
    out.print("  make cluster   keeps such a cluster open and prints what to export; then edit config.conf and")
    out.print("                 run `pulumi preview`", markup=False)
    out.print("  make test      proves the rest")


if __name__ == "__main__":
    main()
