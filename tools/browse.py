"""
Looks at every page of the site in a real browser, wide and narrow, light and dark: `make browse`.

It needs Debian's package chromium, or CHROMIUM with the path of another one. It fails on a console error, a request
that fails or leaves the machine, a page that is wider than the screen, what scrolls sideways without showing it, and
text with too little contrast. The screenshots are in .run/screenshots.
"""

import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tools import site
from tools.documents import ROOT

SHOTS = ROOT / ".run" / "screenshots"
WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

CONTRAST = """
() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, under) => {
    const a = top.length > 3 ? top[3] : 1;
    return [0, 1, 2].map(i => top[i] * a + under[i] * (1 - a));
  };
  const behind = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] > 0) layers.push(color);
      if (color.length === 3) break;
    }
    return layers.reduceRight((under, top) => over(top, under), [255, 255, 255]);
  };
  const light = color => {
    const [r, g, b] = color.map(c => c / 255).map(c => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = {};
  for (const element of document.querySelectorAll("article *")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (!own || !box.width || !box.height || style.visibility === "hidden" || +style.opacity === 0) continue;
    if (element.closest(".headerlink, button, .md-clipboard")) continue;
    const under = behind(element), text = over(parse(style.color), under);
    const [one, other] = [light(text), light(under)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05), size = parseFloat(style.fontSize);
    const enough = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < enough) {
      const where = element.textContent.trim().slice(0, 40);
      found[`${style.color} on ${under.map(Math.round)}: ${ratio.toFixed(2)}`] = where;
    }
  }
  return Object.entries(found).map(([key, text]) => `${key} (${text})`);
}
"""
"""Every pair of colours in the article with less contrast than WCAG 2.2 AA asks: 4.5, and 3 for large text."""

HINT = """
() => [...document.querySelectorAll("article *")]
  .filter(of => of.scrollWidth > of.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(of).overflowX))
  .filter(of => !parseFloat(getComputedStyle(of).getPropertyValue("--more-behind")))
  .map(of => `${of.tagName.toLowerCase()} scrolls sideways, not to be seen (${of.textContent.trim().slice(0, 40)})`)
"""
"""Everything in the article that is wider than its place and does not fade where it ends: docs/site.css."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback while the block runs, and give its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing: what fails is seen in the browser."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def findings(browser: Browser, address: str, pages: list[str]) -> Iterator[str]:
    """Look at each page in each width and scheme, leave a screenshot, and yield what is wrong with it."""
    for scheme in SCHEMES:
        for width in WIDTHS:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
            )
            page, said = context.new_page(), list[str]()
            _listen(page, address, said)
            for name in pages:
                page.goto(f"{address}/{name}", wait_until="load")
                said += _looks(page, width)
                page.screenshot(path=SHOTS / f"{name.replace('/', '-').removesuffix('.html')}-{width}-{scheme}.png")
                yield from (f"{name} at {width} pixels, {scheme}: {one}" for one in said)
                said.clear()
            context.close()
            print(f"browse: {len(pages)} pages at {width} pixels, {scheme}", file=sys.stderr)


def _listen(page: Page, address: str, said: list[str]) -> None:
    """Add to `said` whatever a page complains about, and each request that fails or leaves the machine."""

    def complained(message: ConsoleMessage) -> None:
        said.extend([message.text] if message.type == "error" else [])

    def left(sent: Request) -> None:
        said.extend([] if sent.url.startswith((address, "data:", "blob:")) else [f"{sent.url}: is elsewhere"])

    def failed(sent: Request) -> None:
        ended = sent.failure == "net::ERR_ABORTED"  # the next page was opened meanwhile
        said.extend([] if ended else [f"{sent.url}: {sent.failure}"])

    page.on("console", complained)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", failed)
    page.on("request", left)


def _looks(page: Page, width: int) -> list[str]:
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    broken = [f"is {wide} pixels wide"] if wide > width else []
    lost: list[str] = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src)")
    contrast: list[str] = page.evaluate(CONTRAST)
    hidden: list[str] = page.evaluate(HINT)
    return [*broken, *(f"{one}: is no picture" for one in lost), *contrast, *hidden]


def main() -> None:
    """Build the site, look at all of it, and exit with 1 if something is wrong."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        raise SystemExit(
            "browse: chromium: is not installed. Run: apt-get install chromium; or set CHROMIUM to its path."
        )
    folder = site.build()
    pages = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html") if path.name != "404.html")
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
    with served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        wrong = list(findings(browser, address, pages))
        browser.close()
    print("\n".join(wrong) or f"{len(pages)} pages, {len(WIDTHS)} widths, {len(SCHEMES)} schemes: nothing wrong.")
    print(f"Screenshots: {SHOTS.relative_to(ROOT)}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
