"""The site of the docs: built strictly, whole, and without anything from elsewhere."""

import re
import tomllib
from pathlib import Path

import pytest

from tools import site
from tools.documents import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built() -> Path:
    """Return the folder of the site; a link or an anchor that leads nowhere would have refused it."""
    return site.build()


def pages_of(part: object) -> list[str]:
    """Return the pages in a part of the navigation."""
    if isinstance(part, str):
        return [part]
    inner = part.values() if isinstance(part, dict) else part
    return [page for one in inner for page in pages_of(one)]


def test_every_page_is_in_the_navigation_once():
    shown = pages_of(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"])

    assert sorted(str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")) == sorted(shown)


def test_links_to_files_lead_to_files(built):
    missing = []
    for page in built.rglob("*.html"):
        for link in re.findall(r'(?:href|src)="?([^"\s>]+)', page.read_text()):
            path = link.partition("#")[0].partition("?")[0]
            if path and page.name != "404.html" and not re.match(r"https?:|data:|mailto:", path):
                missing += [] if (page.parent / path).exists() else [f"{page.relative_to(built)}: {link}"]

    assert [] == missing


def test_pages_load_nothing_from_elsewhere(built):
    loaded = {
        link
        for page in built.rglob("*.html")
        for tag in re.findall(r"<(?:link|script|img|iframe)\b[^>]*>", page.read_text())
        for link in re.findall(r'(?:href|src)="?(https?://[^"\s>]+)', tag)
    }

    assert set() == loaded


def test_link_that_leads_nowhere_is_refused_and_named(monkeypatch, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Here\n\n[there](gone.md)\n")
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "test"\n')
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "SITE", tmp_path / "site")

    with pytest.raises(SystemExit, match=r"index\.md:3"):
        site.build()
