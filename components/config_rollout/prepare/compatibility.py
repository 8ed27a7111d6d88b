"""Learns the versions that a program runs with and tells what is wrong with them, once a run. The rules are core/'s."""

import re
import sys
import weakref
from functools import cache
from importlib import metadata

import pulumi
from pulumi.runtime import settings

from ..core.arguments.finding import Finding, report
from ..core.compatibility import judge
from ..hooks.run import is_hosted, this_run

_PACKAGES = {"sdk": "pulumi", "provider": "pulumi-kubernetes"}

_NO_CLI = "<0.0.0"
"""A range of versions that no CLI is in."""

_SAID = re.compile(r"version (\d+\.\d+\.\d+\S*) does not satisfy")
_CANNOT_BE_ASKED = "does not support the `RequirePulumiVersion` RPC"

_checked: weakref.WeakSet[object] = weakref.WeakSet()
"""The engines of the runs that were checked, or the runs of a host: a process may hold several `up`s."""


class Incompatible(pulumi.RunError):
    """Something is too old for this library; Pulumi prints it without a stack trace."""


def check_packages(who: str) -> None:
    """
    Check Python and the packages, before anything of theirs that an older one has not is imported.

    Raises:
      Incompatible: With one line for everything that is too old.

    """
    _raise(who, judge(_versions())[0])


def check(who: str) -> None:
    """
    Check everything that needs no cluster, once in each run; warnings are logged.

    Raises:
      Incompatible: With one line for everything that is too old.

    """
    engine = settings.get_engine()
    run = this_run() if is_hosted() else engine
    if engine is None or run in _checked:
        return
    _checked.add(run)
    version = engine_version()
    findings, warnings = judge(_versions() | ({"engine": version} if version else {}))
    _raise(who, findings)
    for line in report(who, warnings).splitlines():
        pulumi.log.warn(line)


@cache
def provider_version() -> str:
    """Return the version of the package of the Kubernetes provider, which asks for a provider of that version."""
    return metadata.version(_PACKAGES["provider"])


def check_kubernetes(who: str, version: str) -> list[str]:
    """
    Return what is to be said of the API server's version, each line beginning with `who`.

    Raises:
      Incompatible: It is too old.

    """
    findings, warnings = judge({"kubernetes": version})
    _raise(who, findings)
    return report(who, warnings).splitlines()


def engine_version() -> str | None:
    """
    Return the version of the CLI, or `None` where there is none, as under mocks.

    It tells its version only in refusing a range, so it is asked for one that it cannot be in.
    Source: pulumi 3.259 sdk/go/common/resource/plugin/plugin.go, `ValidatePulumiVersionRange`.
    """
    try:
        pulumi.require_pulumi_version(_NO_CLI)
    except Exception as refusal:
        if _CANNOT_BE_ASKED in str(refusal):
            return "3.219 or older"
        version = _SAID.search(str(refusal))
        return version[1] if version else None
    return None


def _raise(who: str, findings: list[Finding]) -> None:
    if findings:
        raise Incompatible(report(who, findings))


def _versions() -> dict[str, str]:
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for key, package in _PACKAGES.items():
        try:
            versions[key] = metadata.version(package)
        except metadata.PackageNotFoundError:  # not installed by pip: it is there, since it was imported
            continue
    return versions
