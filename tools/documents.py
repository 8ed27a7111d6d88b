"""Fills the parts of the documents that are made from the code: `make docs`."""

import re
from pathlib import Path

from config_rollout.core import compatibility
from config_rollout.core.formats.kube_proxy_fields import render_table
from config_rollout.core.found import all_rights
from config_rollout.core.layout import Layout
from config_rollout.core.rights import role

ROOT = Path(__file__).parents[1]


def filled(document: str, name: str, text: str) -> str:
    """Return a document with `text` between `<!-- NAME -->` and `<!-- /NAME -->`."""
    between = re.compile(rf"(?s)(<!-- {name} -->\n).*(<!-- /{name} -->)")
    return between.sub(lambda marks: f"{marks[1]}{text.rstrip()}\n{marks[2]}", document)


def kube_proxy() -> tuple[Path, str]:
    """Return the document on kube-proxy, and what it has to hold."""
    path = ROOT / "docs" / "kube-proxy.md"
    return path, filled(path.read_text(), "fields", render_table())


def needs() -> tuple[Path, str]:
    """Return the document on compatibility, and what it has to hold."""
    path = ROOT / "docs" / "compatibility.md"
    return path, filled(path.read_text(), "needs", compatibility.render_table())


def adopting() -> tuple[Path, str]:
    """Return the document on adopting kube-proxy, and what it has to hold."""
    path = ROOT / "docs" / "adopting-kube-proxy.md"
    return path, filled(path.read_text(), "role", f"```yaml\n{role(all_rights(Layout()))}\n```")


DOCUMENTS = (kube_proxy, adopting, needs)


def main() -> None:
    """Write every document anew."""
    for document in DOCUMENTS:
        path, text = document()
        path.write_text(text)


if __name__ == "__main__":
    main()
