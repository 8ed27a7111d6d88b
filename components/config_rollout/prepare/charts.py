"""What the Kubernetes provider renders: charts and kustomizations as plain objects, in preview too."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi

from ..core.arguments.fields import check_name, whole_numbers
from ..core.arguments.finding import Finding
from ..core.manifests.render_errors import cause_of_rendering
from ..core.transform.others import SOME_FILE
from ..core.transform.stream import is_hook, title
from .compatibility import provider_version
from .manifests import Read, add_objects, known_value

_LOOKUP = "`lookup` finds nothing here, so what it would keep is made anew at each rendering: pass it in `values`"
_USES_LOOKUP = re.compile(rb"\{\{[^{}]*\blookup[ \t]+\"")
_HOOK = "is a hook, which only Helm runs: it is left out"
_PLAIN = ("chart", "version", "repository", "values", "release_name", "skip_crds")


def read_chart(
    name: str, plain: Mapping[str, Any], namespace: str, opts: pulumi.ResourceOptions | None
) -> tuple[Read, dict[str, Any]]:
    """Return the objects of a chart, and what the component records of it; `plain` are its arguments."""
    read = Read()
    given = {field: known_value(field, plain[field], read) for field in _PLAIN if field in plain}
    release = given.get("release_name", name)
    read.findings += check_name("release_name", release, 53)
    read.findings += [
        Finding(field, f"must be text (got {type(given[field]).__name__})", "Pass a plain str")
        for field in ("chart", "version", "repository")
        if field in given and not isinstance(given[field], str) and not read.findings
    ]
    if read.findings:
        return read, {}
    options: dict[str, Any] = {
        **_place(given),
        "values": given.get("values", {}),
        "release_name": release,
        "namespace": namespace,
        "skip_crd_rendering": given.get("skip_crds", False),
    }
    objects = _invoke("chart", "kubernetes:helm:template", {"jsonOpts": json.dumps(options)}, opts, read)
    _add(f"chart {given['chart']}", objects, read)
    read.notes = {title(item.of): [_HOOK] for item in read.items if is_hook(item.of)}
    if looking := _looking_up(Path(given["chart"])):
        read.notes[f"chart {given['chart']}"] = [f"{', '.join(looking)}: {_LOOKUP}"]
    read.items = [
        replace(item, of=replace(item.of, template_file=SOME_FILE)) for item in read.items if not is_hook(item.of)
    ]
    return read, {"chart": given["chart"], "version": given.get("version"), "releaseName": release}


def read_kustomization(plain: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> Read:
    """Return the objects of a kustomization; `plain` are the component's arguments."""
    read = Read()
    directory = known_value("directory", plain["directory"], read) if "directory" in plain else None
    if isinstance(directory, str | Path) and not read.findings:
        path = Path(directory).resolve() if Path(directory).exists() else directory
        objects = _invoke("directory", "kubernetes:kustomize:directory", {"directory": str(path)}, opts, read)
        _add(f"kustomization {directory}", objects, read)
    elif not read.findings:
        what = f"must be a path (got {type(directory).__name__})"
        read.findings.append(Finding("directory", what, "Pass a plain str"))
    return read


def _place(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the chart is, as the provider takes it. What is there as a path is one."""
    chart = given["chart"]
    if Path(chart).exists():
        return {"path": str(Path(chart).resolve())}
    place = {"chart": chart, "version": given.get("version")}
    if repository := given.get("repository"):
        place["fetch_opts"] = {"repo": repository}
    return {key: value for key, value in place.items() if value}


def _looking_up(chart: Path) -> list[str]:
    """Return the templates in a chart's folder that ask the cluster for something."""
    files = sorted(chart.glob("**/templates/**/*")) if chart.is_dir() else []
    return [str(file.relative_to(chart)) for file in files if file.is_file() and _USES_LOOKUP.search(file.read_bytes())]


def _invoke(
    where: str, what: str, arguments: Mapping[str, Any], opts: pulumi.ResourceOptions | None, read: Read
) -> list[Any]:
    """Return the objects that the provider renders; why it does not is a finding."""
    own = opts or pulumi.ResourceOptions()
    several = own.providers or []
    every = [own.provider, *(several.values() if isinstance(several, Mapping) else several)]
    provider = next((one for one in every if one and one.package == "kubernetes"), None)
    options = pulumi.InvokeOptions(parent=own.parent, provider=provider, version=provider_version())
    try:
        result = pulumi.runtime.invoke(what, dict(arguments), options).value
    except Exception as error:  # the SDK raises a plain one
        read.findings.append(Finding(where, f"cannot be rendered: {cause_of_rendering(str(error))}", "Correct it"))
        return []
    return [whole_numbers(one) for one in (result or {}).get("result") or []]


def _add(where: str, objects: list[Any], read: Read) -> None:
    for position, one in enumerate(objects):
        add_objects(f"{where}[{position}]", one, read)
    if not objects and not read.findings:
        read.findings.append(Finding(where, "renders no objects", "Turn something on in its values"))
