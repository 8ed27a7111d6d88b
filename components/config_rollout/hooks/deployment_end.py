"""
Waits for the rest of a Deployment's rollout, where the provider takes it for finished too early.

The provider puts together what it sees of the Deployment and of its ReplicaSet, each at another time. When an earlier
template comes back, its ReplicaSet is there with as many ready pods as it is to have by now, and the Deployment says
`NewReplicaSetAvailable`, as before, until the first new pod counts.

Source: pulumi-kubernetes 4.25 await/deployment.go `checkReplicaSetStatus`, `checkAndLogStatus`; kubernetes 1.36
pkg/controller/deployment/progress.go `syncRolloutStatus`.
"""

import pulumi

from ..cluster.client import Cluster, ClusterError, Object
from ..cluster.retrying import Backoff
from ..core.kubernetes.deployments import is_over
from ..core.kubernetes.workload_kinds import DEPLOYMENT
from .audit import Auditor, Subject
from .threads import in_thread

_TRIES = 5


async def wait_for_the_rest(
    component: pulumi.Resource, audit: Auditor, subject: Subject, generation: int, limit: tuple[float, str]
) -> None:
    """
    Wait until the Deployment that the provider has written has rolled out; usually it has.

    A cluster that cannot be read says nothing against what the provider saw.

    Raises:
      Stopped: It did not roll out within the limit, in seconds and in words.

    """

    def look(cluster: Cluster) -> Object | None:
        return Backoff(tries=_TRIES).run(lambda: cluster.get(DEPLOYMENT.resource, subject.name, subject.namespace))

    try:
        cluster = await audit.find()
        live = await in_thread(look, cluster)
    except ClusterError:
        return
    if live is None or is_over(live):
        return
    from ..driver.driven import Target
    from .native import wait_for

    target = Target(subject.namespace, subject.name, subject.uid, generation, subject.new_hash, kind=DEPLOYMENT)
    await wait_for(component, audit, cluster, target, limit)
