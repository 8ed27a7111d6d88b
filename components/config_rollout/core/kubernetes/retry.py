"""Which failed requests of ours, and writes of the Kubernetes provider, are worth retrying, and after how long."""

import re

FIRST_SECONDS = 0.2
MOST_SECONDS = 10.0

UNREACHABLE = "configured Kubernetes cluster is unreachable"
"""
What the provider reports for everything if no API server answered when it started. It does not ask again in that run.

Source: pulumi-kubernetes 4.25 provider.go `Configure`, `Create`, `Update`.
"""

_ENDED = ('connection error: desc = "transport: ', "error reading from server: ")
"""
How a failure begins if the provider's process has ended: the engine starts no other in that run.

What the API server says of its own connection to etcd has the same words in its middle. Source: grpc-go
internal/transport `ConnectionError`; seen on the engine.
"""

NOT_IN_TIME = "timed out waiting for the condition"
"""How the provider's message ends when an object was written, and did not become ready in time."""

_DEPLOYMENT_NOT_IN_TIME = "' timed out waiting to be Ready"
"""
What it has of a Deployment then. Source: pulumi-kubernetes 4.25 provider/pkg/await/deployment.go; seen on the engine.
"""

_PASSING = (
    "the server has received too many requests",
    "the server is currently unable to handle the request",
    "an error on the server (",
    "Internal error occurred: ",
    "etcdserver: ",
    "Timeout: request did not complete within",
    "the server was unable to return a response in the time allotted",
    "the object has been modified; please apply your changes to the latest version",
    "connect: connection refused",
    "connection reset by peer",
    "unexpected EOF",
)
"""
What the provider's message contains if the API server, or the connection to it, failed a write that may soon succeed.

Source: seen with pulumi-kubernetes 4.25; the words are apimachinery 0.33's (api/errors) and those of Go's net.
"""

_BEFORE_THE_CAUSE = re.compile(
    r"(?s).*?(?:by the Kubernetes API server|failed to fully initialize or become live"
    r"|^update of resource \S+ failed): "
)


def delay_seconds(attempt: int, fraction: float) -> float:
    """
    Return the wait before attempt 1, 2, ...: doubled each time, at most 10 s, spread over its upper half.

    `fraction` is random, from 0 to 1, so that many clients do not come back at the same moment.
    """
    longest = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempt - 1, 16))
    return longest * (0.5 + fraction / 2)


def is_passing(status: int) -> bool:
    """Return whether a retry may soon succeed: no answer at all (0), too many requests, server errors."""
    return status == 0 or status == 429 or status >= 500


def is_provider_ended(error: str) -> bool:
    """Return whether a write failed with this message because the process of the Kubernetes provider has ended."""
    return cause_of(error).startswith(_ENDED)


def is_passing_failure(error: str) -> bool:
    """Return whether a write of the Kubernetes provider that failed with this message may soon succeed."""
    if is_provider_ended(error):
        return False
    cause = cause_of(error)
    return UNREACHABLE not in error and (cause.endswith(": EOF") or any(text in cause for text in _PASSING))


def is_not_in_time(error: str) -> bool:
    """Return whether the provider has written an object that did not become ready in time."""
    return error.rstrip().endswith(NOT_IN_TIME) or _DEPLOYMENT_NOT_IN_TIME in error


def cause_of(error: str) -> str:
    """Return what went wrong in a message of the Kubernetes provider, in one line, without what it says around."""
    return " ".join(_BEFORE_THE_CAUSE.sub("", error.strip(), count=1).split("\nunable to get cluster state")[0].split())
