"""Contents of one key, and random structures to write into it."""

import random

import yaml

from config_rollout.core.configuration.content import Content


def content(name: str, value: bytes) -> Content:
    return Content({"k": value}, formats={"k": name})


def shuffled(value: object, maker: random.Random) -> object:
    """Return the same structure with its mappings in another order."""
    if isinstance(value, dict):
        return {key: shuffled(item, maker) for key, item in maker.sample(list(value.items()), len(value))}
    return [shuffled(item, maker) for item in value] if isinstance(value, list) else value


def random_value(maker: random.Random, depth: int = 0) -> object:
    kind = maker.choice(["text", "number", "bool", "null"] + ["list", "mapping"] * (depth < 4))
    if kind == "list":
        return [random_value(maker, depth + 1) for _ in range(maker.randint(0, 4))]
    if kind == "mapping":
        return {f"k{n}": random_value(maker, depth + 1) for n in maker.sample(range(9), maker.randint(0, 4))}
    texts = ["", "x", "yes", "1e3", "10", "~", "é", "a: b", "# c", "line\nbreak\n", " x ", "12:30", "0.0.0.0:1"]
    values = {"text": maker.choice(texts), "number": maker.randint(-99, 99), "bool": maker.random() < 0.5, "null": None}
    return values[kind]


def as_yaml(value: object) -> str:
    """Return a structure as YAML, written by libyaml where that is there: thousands are."""
    return yaml.dump(value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
