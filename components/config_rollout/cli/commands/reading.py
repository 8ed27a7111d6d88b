"""What the commands that read a configuration share: their options, and how it is read."""

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...core.arguments.finding import report
from ...core.configuration.content import Content, parse_content, refusals, unmatched, warnings
from ...core.configuration.effects import EFFECTS, parse_effects
from ...core.configuration.read_as import ReadAs
from ...core.formats import BY_SUFFIX, FORMATS
from ..errors import Trouble
from ..inputs.files import STDIN, Given, read_maps

PATH = "a file, a folder (a file for each key), a manifest with a ConfigMap, or - for standard input"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say how a PATH is read."""
    command.add_argument("--name", metavar="NAME", help="which ConfigMap of a manifest")
    command.add_argument(
        "--format",
        metavar="KEY=FORMAT",
        action="append",
        default=[],
        type=_key_and("FORMAT"),
        help=f"the format of a key whose suffix does not tell it: {', '.join(FORMATS)}",
    )
    command.add_argument(
        "--effect",
        metavar="KEY[:PATH]=EFFECT",
        action="append",
        default=[],
        type=_key_and("EFFECT"),
        help=f"what a change of a key or of a field in it does: {', '.join(EFFECTS)}",
    )
    command.add_argument(
        "--text-version", metavar="TEXT", help="the component's `text_version`, where a ConfigMap does not say it"
    )


def read(args: argparse.Namespace, *paths: str) -> list[Content]:
    """
    Return the contents at the paths; their warnings go to standard error.

    A ConfigMap of ours says by itself how it is read; anything else is read as the other side, and options take
    precedence over both. The key or field of an option must exist in at least one path: the others may lack it.
    """
    maps, renamed = _under_one_name([read_maps(path, args.name) for path in paths])
    keys = {key for one in maps for key in one.keys}
    other = next((one.read_as for one in maps if one.read_as), ReadAs())
    contents, by_options = [], []
    for path, one in zip(paths, maps, strict=True):
        here, recorded = {*one.keys}, one.read_as or other
        formats, effects = (_without(_renamed(options, renamed), keys - here) for options in (args.format, args.effect))
        content, findings = parse_content(
            one.data,
            one.binary_data,
            _within(recorded.formats, here) | formats,
            _within(recorded.effects, here) | effects,
            args.text_version if args.text_version is not None else recorded.text_version,
        )
        if findings and (path == paths[-1] or findings != refusals(content)):
            raise Trouble(report(path, findings))
        for line in report(path, findings).splitlines():  # an earlier text can be compared although it was refused
            print(f"config-rollout: warning: {line}", file=sys.stderr)
        contents.append(content.as_read(recorded.reads))
        by_options.append(replace(content, effects=parse_effects(effects, here)[0]))
    if wrong := unmatched(*by_options):
        raise Trouble(report(paths[-1], wrong))
    for path, one, content in zip(paths, maps, contents, strict=True):
        if one.note:
            print(f"config-rollout: note: {one.note}", file=sys.stderr)
        for line in report(path, warnings(content)).splitlines():
            print(f"config-rollout: warning: {line}", file=sys.stderr)
    return contents


def _under_one_name(maps: list[Given]) -> tuple[list[Given], dict[str, str]]:
    """
    Return what is compared, and old name -> new name of what was renamed for it.

    The name of a lone file, or of standard input, is where it happens to lie. So beside one other text it is called as
    that is: as in the ConfigMap, else as the one whose suffix tells its format, else as the newer one.
    """
    names = [one.keys[0] for one in maps if len(one.keys) == 1]
    if len(maps) != 2 or len(set(names)) < 2 or not any(one.is_lone for one in maps):
        return maps, {}
    ranks = {
        name: (not one.is_lone, name.endswith(tuple(BY_SUFFIX)), name != STDIN)
        for name, one in zip(names, maps, strict=True)
    }
    name = max(reversed(names), key=ranks.__getitem__)
    return [one.under(name) for one in maps], dict.fromkeys(names, name)


def _renamed(options: Sequence[tuple[str, str]], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what options say, with keys called as they are compared."""
    parts = [(where.partition(":"), what) for where, what in options]
    return [(names.get(key, key) + colon + path, what) for (key, colon, path), what in parts]


def _without(options: Sequence[tuple[str, str]], keys: Collection[str]) -> dict[str, str]:
    """Return what options say, without what they say of some keys."""
    return {name: what for name, what in options if name.partition(":")[0] not in keys}


def _within(entries: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    """Return what is said of some keys, or of fields in them."""
    return {name: what for name, what in entries.items() if name.partition(":")[0] in keys}


def _key_and(what: str) -> Any:
    def parse(text: str) -> tuple[str, str]:
        key, equals, name = text.rpartition("=")
        if not equals:
            raise argparse.ArgumentTypeError(f"must be KEY={what} (got {text!r})")
        return key, name

    return parse
