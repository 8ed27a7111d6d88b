"""`hash` and `canonical`: what a configuration hashes to, and the bytes that are hashed."""

import argparse
import json
import sys
from typing import Any

from ...core.configuration.digest import canonical_bytes, config_hash
from .reading import PATH, add_options, read


def add(commands: Any) -> None:
    """Add both commands."""
    text = "print the config hash"
    command = commands.add_parser("hash", help=text, description=text)
    command.set_defaults(run=_hash)
    command.add_argument("path", metavar="PATH", help=PATH)
    command.add_argument("--json", action="store_true", help="with the format of every key")
    add_options(command)

    text = "print the bytes that are hashed"
    command = commands.add_parser("canonical", help=text, description=text)
    command.set_defaults(run=_canonical)
    command.add_argument("path", metavar="PATH", help=PATH)
    add_options(command)


def _hash(args: argparse.Namespace) -> int:
    (content,) = read(args, args.path)
    digest = config_hash(content)
    if args.json:
        keys = {
            key: {"format": m.format, **({"note": m.note} if m.note else {})} for key, m in content.meanings.items()
        }
        print(json.dumps({"hash": digest, "keys": keys}, indent=2))
    else:
        print(digest)
    return 0


def _canonical(args: argparse.Namespace) -> int:
    sys.stdout.buffer.write(canonical_bytes(*read(args, args.path)))
    return 0
