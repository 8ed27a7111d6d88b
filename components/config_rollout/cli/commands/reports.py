"""Asks the pods of a workload which text they run, where they read one again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ...cluster.client import Cluster, ClusterError, Forbidden
from ...core.revisions.observation import ObservedPod
from ...core.status.observation import WorkloadView
from ...core.status.reloads import question_of
from ...core.waves.reload_check import judge_now

_PARALLEL = 10


def with_reports(cluster: Cluster, view: WorkloadView) -> WorkloadView:
    """Return a workload with what its pods that are ready say, each asked once; without the permission none is."""
    asked = question_of(view)
    if asked is None:
        return view
    question, known = asked

    def ask(pod: ObservedPod) -> str:
        try:
            return judge_now(question, known, *cluster.ask_pod(pod.name, view.namespace, question.port, question.path))
        except Forbidden:
            raise
        except ClusterError as error:
            return f"does not answer ({error})"

    ready = [pod for pod in view.pods if pod.available]
    try:
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return replace(view, reports=dict(zip([pod.name for pod in ready], pool.map(ask, ready), strict=True)))
    except Forbidden as forbidden:
        return replace(view, not_asked=str(forbidden.right))
