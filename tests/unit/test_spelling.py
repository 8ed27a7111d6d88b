"""Misspelt fields of a pod spec, against the schema of the installed pulumi-kubernetes."""

import itertools
import typing
from collections.abc import Iterator, Mapping

import pytest

from config_rollout.core.arguments.case import camel_case
from config_rollout.core.kubernetes.spelling import Fields, unknown_fields
from config_rollout.prepare import schema


def found(pod_spec: object) -> tuple[list[str], list[str]]:
    """Return what is refused and what is warned about, without the source's name."""
    slips, others = unknown_fields("pod_spec", pod_spec, schema.pod_spec_fields, "X")
    return [str(finding) for finding in slips], [str(finding) for finding in others]


@pytest.mark.parametrize(
    ("pod_spec", "place", "meant"),
    [
        ({"containers": [{"imagePullPolcy": "Always"}]}, "containers[0].imagePullPolcy", "imagePullPolicy"),
        ({"containers": [{"image_pull_polcy": "Always"}]}, "containers[0].image_pull_polcy", "image_pull_policy"),
        ({"containers": [{"volumMounts": []}]}, "containers[0].volumMounts", "volumeMounts"),
        ({"containers": [{"volumeMount": []}]}, "containers[0].volumeMount", "volumeMounts"),
        ({"containers": [{"envs": []}]}, "containers[0].envs", "env"),
        ({"containers": [{"env": [{"valeuFrom": {}}]}]}, "containers[0].env[0].valeuFrom", "valueFrom"),
        ({"containers": [{"resources": {"limit": {}}}]}, "containers[0].resources.limit", "limits"),
        ({"volumes": [{"config_map": {"optinal": True}}]}, "volumes[0].config_map.optinal", "optional"),
        ({"hostIpc": True}, "hostIpc", "hostIPC"),
        ({"hostnetwork": True}, "hostnetwork", "host_network"),
        ({"affinity": {"node_afinity": {}}}, "affinity.node_afinity", "node_affinity"),
    ],
)
def test_slip_is_refused_with_the_field_that_was_meant(pod_spec, place, meant):
    assert ([f"pod_spec.{place}: X does not know this field. Write '{meant}', if that was meant."], []) == found(
        pod_spec
    )


@pytest.mark.parametrize(
    ("pod_spec", "line"),
    [
        ({"hostnameOverrides": "a"},
         "pod_spec.hostnameOverrides: X does not know this field. Remove it, or write 'hostname'; an API server that "
         "does not know it either drops it."),
        ({"containers": [{"brandNew": 1}]},
         "pod_spec.containers[0].brandNew: X does not know this field. Remove it; an API server that does not know "
         "it either "
         "drops it."),
    ],
)  # fmt: skip
def test_field_that_may_be_newer_is_warned_about(pod_spec, line):
    assert ([], [line]) == found(pod_spec)


@pytest.mark.parametrize(
    "pod_spec",
    [
        {"hostIPC": True, "host_pid": True, "nodeSelector": {"kubernetes.io/os": "linux"}},
        {"containers": [{"resources": {"limits": {"example.com/gpu": 1}}}]},
        {"containers": [{"envFrom": [{"config_map_ref": {"name": "a"}}]}]},
        {"volumes": [{"csi": {"driver": "d", "volumeAttributes": {"any": "thing"}}}]},
        {"tolerations": [{"operator": "Exists"}], "containers": "not known yet"},
        "not known yet",
    ],
)
def test_known_field_is_accepted(pod_spec):
    assert ([], []) == found(pod_spec)


def every(fields: Fields, seen: set[int]) -> Iterator[Mapping[str, typing.Any]]:
    """Yield the fields of every object that a pod spec can hold, once each."""
    known = fields()
    if id(known) not in seen:
        seen.add(id(known))
        yield known
        for inner in filter(None, known.values()):
            yield from every(inner, seen)


def test_no_two_fields_of_one_object_are_a_slip_apart():
    objects = list(every(schema.pod_spec_fields, set()))
    pairs = [pair for known in objects for pair in itertools.permutations(known, 2)]
    slips = [
        (one, other)
        for one, other in pairs
        if one.lower().replace("_", "") != other.lower().replace("_", "")
        and unknown_fields("", {one: 0}, lambda other=other: {other: None}, "")[0]
    ]

    assert len(objects) > 50
    assert [] == slips


def test_every_field_of_a_pod_spec_has_its_two_spellings():
    known = list(every(schema.pod_spec_fields, set()))
    snakes = {name for fields in known for name in fields if name == name.lower()}

    assert [] == [name for name in snakes if not any({name, camel_case(name)} <= fields.keys() for fields in known)]
