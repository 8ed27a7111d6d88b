"""What the commands that read a configuration share: their options, and how it is read."""

import argparse
import sys

from ..core.content import Content, warnings
from ..core.finding import report
from ..core.formats import FORMATS
from ..sources import read_content

PATH = "a file, a folder (a file for each key), a manifest with a ConfigMap, or - for standard input"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say how a PATH is read."""
    command.add_argument("--name", metavar="NAME", help="which ConfigMap of a manifest")
    command.add_argument(
        "--format",
        metavar="KEY=FORMAT",
        action="append",
        default=[],
        type=_key_and_format,
        help=f"the format of a key whose suffix does not tell it: {', '.join(FORMATS)}",
    )


def read(given: argparse.Namespace, path: str) -> Content:
    """Return the content at a path; its warnings go to standard error."""
    content = read_content(path, given.name, dict(given.format))
    for line in report(path, warnings(content)).splitlines():
        print(f"config-rollout: warning: {line}", file=sys.stderr)
    return content


def _key_and_format(text: str) -> tuple[str, str]:
    key, equals, name = text.rpartition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"must be KEY=FORMAT (got {text!r})")
    return key, name
