"""
The conventions by which the name of an annotation or variable says that it holds a configuration's hash, and of which.

Helm's `checksum/config`, and the names that others use: `config-hash` (k0s, wave), `cilium-configmap-checksum`. A
single word is not enough: neither `PASSWORD_HASH_ROUNDS` nor `image-digest` holds the hash of a configuration.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..kubernetes.annotations import HASH_OF_ANNOTATION, HASHES_ANNOTATION
from .changing import words_of
from .objects import KubernetesObject
from .uses import How, Use

HASH = re.compile(r"(?i)[0-9a-f]{8,128}")
BASE64_OF_A_HASH = re.compile(r"(?=.*[0-9])(?=.*[A-Z])(?=.*[a-z])([A-Za-z0-9+/]{27,86}|[A-Za-z0-9_-]{27,86})={0,2}")

_GLUED = re.compile(r"^(config|configmap|secret|secrets)(checksum|hash|sha)$")
_HASH_WORDS = {"checksum", "checksums", "hash", "sha", "md", "digest"}
_NUMBERS_OF_HASHES = {"1", "5", "224", "256", "384", "512"}

_MAPS = {
    "config",
    "configs",
    "configmap",
    "configmaps",
    "cm",
    "conf",
    "cfg",
    "configuration",
    "configurations",
    "settings",
}
_SECRETS = {"secret", "secrets", "credential", "credentials"}
_VARIABLES = {"env", "environment", "envs", "envvars", "vars", "variables"}
_EVERYTHING = {"all", "values", "resources", "dependencies", "manifests", "generation"}
_FILLING = {"map", "maps", "file", "files", "data", "yaml", "yml", "json", "main", "component", "content", "k8s"}
_CONFIGURATION = {*_MAPS, *_SECRETS, *_VARIABLES, "certs", "cert", "tls", "rules", "scripts", "dashboards"}
_OTHER_THINGS = {"image", "images", "template", "pod", "spec", "chart", "code", "commit", "git", "password"}


@dataclass(frozen=True)
class Claim:
    """
    An annotation or variable of the pods that, by convention, is a hash of some of their configuration.

    `of` is what the workload itself says that it is the hash of, if we wrote it: names of ConfigMaps, and nothing else.
    """

    key: str
    where: str
    value: str
    words: tuple[str, ...]
    of: tuple[str, ...] | None = None

    @property
    def convention(self) -> str:
        """Return a description of the convention."""
        if self.of is not None:
            return "our own record"
        domain, _, _ = self.key.rpartition("/")
        return _WHOSE.get(domain, "a hash of the configuration")


HELM = "Helm's convention"
_WHOSE = {
    "checksum": HELM,
    "k0sproject.io": "k0s' convention",
    "wave.pusher.com": "wave's convention",
    "kubeadm.kubernetes.io": "kubeadm's convention",
}


def subject_of(key: str, strict: bool = False) -> tuple[str, ...] | None:
    """
    Return the words that say what an annotation is the hash of; `None` if no convention makes it a hash.

    With `strict`, as for variables, the name must mention a configuration: `checksum/anything` is Helm's, while
    `DATA_CHECKSUM` follows no convention.
    """
    domain, _, name = key.rpartition("/")
    if domain.startswith(("checksum.", "checksum-")):  # as kube-prometheus has checksum.config/md5
        name = f"{domain}.{name}"
    words = [part for word in words_of(name) for part in _GLUED.sub(r"\1 \2", word).split()]
    helm = domain.lower() in ("checksum", "checksums", "hash", "sha", "sha1", "sha256", "md5")
    if not helm:
        if not {words[0], words[-1], *words[-2:-1]} & _HASH_WORDS if words else True:
            return None
        helm = not strict and "checksum" in words
    rest = [word for word in words if word not in _HASH_WORDS]
    if len(rest) < len(words):
        rest = [word for word in rest if word not in _NUMBERS_OF_HASHES]
    if domain not in ("checksum", "checksums") and set(rest) & _OTHER_THINGS:
        return None
    if not rest and domain and not domain.startswith("checksum"):
        return None
    return tuple(rest) if helm or set(rest) & _CONFIGURATION else None


def claims(workload: KubernetesObject) -> list[Claim]:
    """Return the annotations, labels and variables of the pods that are hashes of configuration."""
    hashes = []
    ours = _ours(workload)
    for section in ("annotations", "labels"):
        for key, value in workload.of_template(section).items():
            if isinstance(value, str) and (words := subject_of(key)) is not None:
                where, of = workload.in_template("metadata", f"{section}['{key}']"), ours.get(key)
                hashes.append(Claim(key, where, value, words, of if section == "annotations" else None))
    for containers in ("containers", "initContainers"):
        for path, entry in workload.in_pods(containers, "*", "env", "*"):
            name, value = (entry.get("name"), entry.get("value")) if isinstance(entry, Mapping) else (None, None)
            if not isinstance(name, str) or not isinstance(value, str) or not is_hash(value):
                continue
            if words := subject_of(name, strict=True):
                hashes.append(Claim(name, path, "", words))
    return hashes


def held(workload: KubernetesObject) -> dict[str, str]:
    """Return annotation of the pod template -> ConfigMap, for the hashes that we keep up to date."""
    text = workload.texts("metadata", "annotations").get(HASHES_ANNOTATION)
    pairs = [pair.partition("=") for pair in text.split(",")] if isinstance(text, str) else []
    return {key.strip(): name.strip() for key, _, name in pairs if key.strip() and name.strip()}


@dataclass(frozen=True)
class Recorded:
    """The hash that `transform` wrote: its annotation in the pod template, and the ConfigMaps that it is of."""

    key: str = ""
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, workload: KubernetesObject) -> "Recorded":
        """Return what a workload says of it."""
        text = workload.texts("metadata", "annotations").get(HASH_OF_ANNOTATION)
        key, _, names = str(text or "").partition("=")
        return cls(key, tuple(name for name in names.split(",") if name))

    def __str__(self) -> str:
        return f"{self.key}={','.join(self.names)}"


def _ours(workload: KubernetesObject) -> dict[str, tuple[str, ...]]:
    """Return annotation of the pod template -> ConfigMaps, for the hashes that `check --fix` and `transform` wrote."""
    transformed = Recorded.of(workload)
    written = {transformed.key: transformed.names} if transformed.key else {}
    return {key: (name,) for key, name in held(workload).items()} | written


def is_hash(value: str) -> bool:
    """Return whether a text may be a hash: at least 8 hex digits, or base64 of at least 20 bytes."""
    text = re.sub(r"(?i)^(sha[0-9]+|md5)[-:=]", "", value.strip())
    return bool(HASH.fullmatch(text) or BASE64_OF_A_HASH.fullmatch(text))


@dataclass(frozen=True)
class Named:
    """A ConfigMap or Secret that pods read, with the names that tell what it is for."""

    kind: str
    name: str
    keys: tuple[str, ...]
    uses: tuple[Use, ...]

    def words(self) -> set[str]:
        """Return the words of its name."""
        return set(words_of(self.name))

    def spelled(self) -> str:
        """Return its name, keys, volumes and their paths as one text of letters and digits only."""
        about = (self.name, *self.keys, *(part for use in self.uses for part in (use.volume, use.folder)))
        return " ".join(_letters(text) for text in about)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def assign(
    workload: KubernetesObject, hashes: Iterable[Claim], sources: Iterable[Named]
) -> Iterator[tuple[Named, Claim, bool]]:
    """
    Yield each source with a claim that covers it, and whether that is certain.

    A claim that names a source covers that source; a claim with words of its own covers the sources with these words. A
    general one, such as `checksum/config`, covers the source that is named after the workload, or else the only one
    left of its kind. If several are left and none is named so, it may be any of them.
    """
    sources, general = list(sources), []
    own = _own_words(workload)
    with_their_own: set[tuple[str, str]] = set()
    for claim in hashes:
        its = _meant(claim, sources, own)
        if its is None:
            general.append(claim)
            continue
        with_their_own |= {(source.kind, source.name) for source in its}
        yield from ((source, claim, True) for source in its)
    for claim in general:
        rest = _of_its_kind(claim, [source for source in sources if (source.kind, source.name) not in with_their_own])
        mains = [source for source in rest if not source.words() - own - _MAPS - _SECRETS - _FILLING]
        sure = bool(mains) or len(rest) == 1
        yield from ((source, claim, sure) for source in mains or rest)


def _meant(claim: Claim, sources: list[Named], own: set[str]) -> list[Named] | None:
    """Return the sources that a claim names, possibly none; `None` for a general claim."""
    if claim.of is not None:
        return [source for source in sources if source.kind == "ConfigMap" and source.name in claim.of]
    special = [word for word in claim.words if word not in own and word not in _MAPS | _SECRETS | _FILLING]
    if set(special) & _EVERYTHING or claim.convention == _WHOSE["wave.pusher.com"]:
        return sources
    if its := [source for source in sources if _letters("".join(claim.words)) == _letters(source.name)]:
        return its
    if not special or set(special) <= _VARIABLES:
        return None
    return [source for source in sources if _fits(source, special, claim)]


def _own_words(workload: KubernetesObject) -> set[str]:
    """Return the words that name the workload and its chart, and so do not distinguish its sources."""
    names = [workload.name, *(workload.of_template("labels").get(label) for label in _NAMES)]
    containers = [name for _, name in workload.in_pods("containers", "*", "name")]
    names += containers if len(containers) == 1 else []
    return {word for name in names if isinstance(name, str) for word in words_of(name)}


_NAMES = ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app", "release")


def _fits(source: Named, special: list[str], claim: Claim) -> bool:
    """Return whether the names of a source contain the words of a claim or their stems, separate or joined."""
    if source.kind != "Secret" and set(claim.words) & _SECRETS and not set(claim.words) & _MAPS:
        return False
    spelled = source.spelled()
    stems = (word.removesuffix("s")[:6] if len(word) > 4 else word for word in special)
    return "".join(special) in spelled or all(stem in spelled for stem in stems)


def _of_its_kind(claim: Claim, sources: list[Named]) -> list[Named]:
    """Return the sources that a general claim can cover: `config` means ConfigMaps, or Secrets if there are none."""
    words = set(claim.words)
    if words & _VARIABLES:
        sources = [source for source in sources if any(use.how is How.ENVIRONMENT for use in source.uses)]
        if not words & (_MAPS | _SECRETS):
            return sources
    kinds = {source.kind for source in sources}
    wanted = "Secret" if words & _SECRETS else "ConfigMap"
    if wanted not in kinds and words & _MAPS:
        wanted = "Secret" if wanted == "ConfigMap" else "ConfigMap"
    return [source for source in sources if source.kind == wanted]
