"""Changes that restart nothing and so are not written: what waits since, and what is taken back meanwhile."""

from collections.abc import Iterable, Sequence

from ..configuration.content import Content
from ..configuration.diff import KEYED, KeyChange
from ..configuration.secret_content import secret_of
from ..revisions.config_maps import content_of
from ..revisions.observation import Observation
from ..workload.configuration import Configuration
from ..workload.secret import Secret, SecretSource


def older_texts(observation: Observation, configuration: Configuration) -> list[str]:
    """Return the keys of which the pods run an older text, which means the same, as messages name them."""
    return [
        key if configuration.is_one_config_map else f"ConfigMap {source.name}: {key}"
        for source in configuration.own
        for key in observation.older_text(source.object_name(observation.name), source.lasting)
    ]


def taken_back(
    keys: Iterable[KeyChange], observation: Observation, configuration: Configuration, secrets: Sequence[SecretSource]
) -> list[KeyChange]:
    """
    Return the changes to what the cluster has all the time.

    Args:
      keys: Changes since what the last `up` recorded, which did not write a key that no pod reads.
      observation: What the cluster has.
      configuration: What the program wants.
      secrets: The Secrets of it, with their values.

    """
    contents = {source.name: _content(observation, source.name, source.object_name(observation.name))
                for source in configuration.own}  # fmt: skip
    live = {secret.name: _secret(observation, secret) for secret in secrets if not secret.unknown}

    def is_there(change: KeyChange) -> bool:
        if change.section == KEYED:
            secret = live.get(change.source)
            key = secret.keys.get(change.key) if secret else None
            return secret is not None and change.new == (key.text.encode() if key else None)
        every = [content for name, content in contents.items() if content and change.source in ("", name)]
        return any(dict(content.sections()).get(change.section, {}).get(change.key) == change.new for content in every)

    return [change for change in keys if change.is_unread and not change.is_external and is_there(change)]


def _content(observation: Observation, name: str, called: str) -> Content | None:
    """Return what the ConfigMap holds that pods read by a name, or else the program's; `None` if neither is there."""
    there = observation.config_maps.get(called)
    return observation.contents.get(name) or (content_of(there) if there else None)


def _secret(observation: Observation, secret: SecretSource) -> Secret | None:
    """Return the same of a Secret, as it may be compared."""
    there = observation.secrets.get(secret.public.object_name(secret.workload))
    content = observation.secret_contents.get(secret.name) or (secret_of(there, secret.content) if there else None)
    return secret.of(content).public if content else None
