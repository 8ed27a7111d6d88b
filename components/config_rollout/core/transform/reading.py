"""What the pods of each workload in a stream read: what counts for their hash, and what else a checksum may be of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..arguments.finding import Finding
from ..configuration.content import Content, parse_content, refusals
from ..configuration.read_as import read_as
from ..formats import BY_SUFFIX
from ..kubernetes.uses import keys_read
from ..markers import UNKNOWN
from ..revisions.references import ROOT_CA
from ..rules.conventions import Named
from ..rules.objects import CONFIGURATION, KubernetesObject, has_content
from ..rules.reloading import reads_again, watches
from ..rules.uses import How, Use, keys_of, uses
from .stream import Stream, earlier_names, is_hook, line_of, title

_SUFFIXES = tuple(BY_SUFFIX)

Source = tuple[str, str]
"""Kind and name of a ConfigMap or Secret."""


@dataclass(frozen=True)
class Reading:
    """
    What the pods of one workload read.

    `contents` is name -> what they read, of the ConfigMaps in the stream that hold something. `rereads` are those of
    which the programs notice new content by themselves. `named` are all sources, and `unread` those in the stream that
    no pod reads: a program may ask the API server for them.
    """

    workload: KubernetesObject
    contents: Mapping[str, Content]
    objects: Mapping[Source, KubernetesObject]
    rereads: Mapping[str, str]
    named: list[Named]
    unread: list[Named]
    missing: list[str] = field(default_factory=list)


class Readings:
    """The readings of a stream. `findings` is everything that the API server would reject in the ConfigMaps."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._contents: dict[int, Content | None] = {}
        self.findings: list[Finding] = []
        self.notes: list[tuple[KubernetesObject, str]] = []

    def of(self, workload: KubernetesObject) -> Reading:
        """Return what the pods of a workload read."""
        every = [use for use in uses(workload) if isinstance(use.name, str) and use.name != ROOT_CA]
        by_source: dict[Source, list[Use]] = {}
        for use in every:
            by_source.setdefault((use.kind, str(use.name)), []).append(use)
        objects = {key: o for key in by_source if (o := self.find(workload, *key))}
        contents = {
            name: read
            for (kind, name), o in objects.items()
            if kind == "ConfigMap"
            and (content := self.content(o))
            and (read := _as_read(content, workload, name, by_source[kind, name]))
        }
        rereads = {
            name: why
            for name in contents
            if (why := _rereads(objects["ConfigMap", name], by_source["ConfigMap", name], every))
        }
        named = [
            Named(kind, name, keys_of(objects[kind, name]) or () if (kind, name) in objects else (), tuple(its))
            for (kind, name), its in by_source.items()
        ]
        missing = [
            name
            for (kind, name), its in by_source.items()
            if kind == "ConfigMap"
            and (kind, name) not in objects
            and name != ROOT_CA
            and not all(u.optional for u in its)
        ]
        unread = [one for namespace, one in self._unread if namespace == str(workload.namespace)]
        return Reading(workload, contents, objects, rereads, named, unread, missing)

    def find(self, workload: KubernetesObject, kind: str, name: str) -> KubernetesObject | None:
        """Return the ConfigMap or Secret that pods mean by a name; what a hook creates only if there is no other."""
        return self._by_name.get((kind, str(workload.namespace), name))

    def content(self, config_map: KubernetesObject) -> Content | None:
        """Return what a ConfigMap holds; `None` if it is empty, so that something else fills it, or wrong."""
        if id(config_map) not in self._contents:
            self._contents[id(config_map)] = self._parsed(config_map)
        return self._contents[id(config_map)]

    def _parsed(self, config_map: KubernetesObject) -> Content | None:
        if not has_content(config_map):
            return None
        form, wrong = read_as(config_map.value)
        # The API server takes null for an empty text. Source: encoding/json, into `map[string]string`.
        data, binary = (
            {
                key: "" if value is None or value is UNKNOWN else value
                for key, value in (config_map.get(section) or {}).items()
            }
            if isinstance(config_map.get(section) or {}, Mapping)
            else config_map.get(section)
            for section in ("data", "binaryData")
        )
        content, findings = parse_content(
            data, binary, form and form.formats, form and form.effects, form and form.text_version
        )
        refused = refusals(content) if findings else []
        if findings == refused:
            self.notes += [(config_map, f"{one.where}: {one.what}") for one in refused]
            findings = []
        where = f"{line_of(config_map)}: {title(config_map)}"
        self.findings += [Finding(f"{where}: {one.where}", one.what, one.fix) for one in (*wrong, *findings)]
        return None if wrong or findings else content

    @cached_property
    def _by_name(self) -> dict[tuple[str, str, str], KubernetesObject]:
        every = [o for o in self._stream.objects.kind(*CONFIGURATION) if isinstance(o.name, str) and o.name]
        every.sort(key=is_hook, reverse=True)
        earlier = {(o.kind, str(o.namespace), name): o for o in every for name in earlier_names(o)}
        return earlier | {(o.kind, str(o.namespace), str(o.name)): o for o in every}

    @cached_property
    def _unread(self) -> list[tuple[str, Named]]:
        read = {
            id(self.find(o, reference.kind, reference.name))
            for o in self._stream.with_pods()
            for reference in o.references
            if isinstance(reference.name, str)
        }
        every = {id(o): o for o in self._by_name.values() if id(o) not in read}
        return [(str(o.namespace), Named(o.kind, str(o.name), keys_of(o) or (), ())) for o in every.values()]


def _as_read(content: Content, workload: KubernetesObject, name: str, its: list[Use]) -> Content | None:
    """Return a content with the keys that pods read of it, and as what; `None` if they read none."""
    read = content.as_read(keys_read(workload.pod_spec, "ConfigMap", name).reads)
    if len(read.unread) == len(read.meanings):
        return None
    formats = {key: form for key in read.data if not key.endswith(_SUFFIXES) and (form := _format_of_files(key, its))}
    return replace(read, formats={**formats, **read.formats})


def _format_of_files(key: str, its: list[Use]) -> str:
    """Return the format that the paths at which containers find a key have by their suffix, if they agree."""
    paths = {
        use.folder if use.how is How.SUB_PATH else use.path_of(key)
        for use in its
        if use.how is not How.ENVIRONMENT and (use.keys is None or key in use.keys)
    }
    formats = {next((form for suffix, form in BY_SUFFIX.items() if path.endswith(suffix)), "") for path in paths}
    return formats.pop() if len(formats) == 1 else ""


def _rereads(source: KubernetesObject, its: list[Use], every: list[Use]) -> str:
    """Return why running programs notice new content of a ConfigMap, all of it; else nothing."""
    reasons = []
    content = source.texts("data")
    for use in its:
        if by_watching := watches(use, every):
            reasons.append(by_watching)
            continue
        for key in _asked(use, source):
            again = reads_again(use, key, content, every)
            if again is None:
                return ""
            reasons.append(again)
    return reasons[0] if reasons else ""


def _asked(use: Use, source: KubernetesObject) -> Iterator[str]:
    keys = keys_of(source) or ()
    yield from keys if use.keys is None else (key for key in use.keys if key in keys)
