"""What a first visit to the desk loads, compressed; and what is left of the kit's style sheet."""

from __future__ import annotations

import gzip
import re
from pathlib import PurePosixPath

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from common import stylesheets
from common.storage import KIT
from tickets.models import View

LIMIT = 200_000  # bytes of scripts and styles; fonts, pictures and charts come beside
NAMED = re.compile(r'<(?:script|link)\b[^>]*?(?:src|href)="/static/([^"]+\.(?:js|css))"')
IMPORTED = {
    ".js": re.compile(r'^(?:import|export)\b[^;]*?"(\.[^"]+)"', re.MULTILINE),
    ".css": re.compile(r'@import url\("([^"]+)"\)'),
}


def loaded(page: str) -> dict[str, bytes]:
    """Every script and style that a page needs, with what those import, by name."""
    found: dict[str, bytes] = {}
    wanted = NAMED.findall(page)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        text = (settings.BASE_DIR / "static" / name).read_text("utf-8")
        if name == KIT:
            text = stylesheets.subset(text, stylesheets.words(settings.BASE_DIR))
        found[name] = gzip.compress(text.encode(), 9)
        for other in IMPORTED[PurePosixPath(name).suffix].findall(text):
            parts: list[str] = []
            for part in [*PurePosixPath(name).parent.parts, *PurePosixPath(other).parts]:
                parts = parts[:-1] if part == ".." else [*parts, part]
            wanted.append("/".join(parts))
    return found


def test_the_first_list_weighs_little(world, client, monkeypatch):
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")
    client.force_login(world.oleg, backend="people.backends.Backend")
    page = client.get(f"/views/{View.objects.get(key='open').pk}/").content.decode()
    found = loaded(page)
    assert {"js/app.js", "js/lib/live.js", "vendor/htmx.min.js", "css/ticket.css", KIT} <= set(found)
    assert not [name for name in found if "chart" in name]
    heaviest = sorted(((len(data), name) for name, data in found.items()), reverse=True)
    assert sum(size for size, _name in heaviest) < LIMIT, heaviest[:8]


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".btn{a:b}.card-x{a:b}", ".btn{a:b}"),
        (".btn-danger,.card{a:b}", ".btn-danger{a:b}"),
        ("body,.card body{a:b}", "body{a:b}"),
        (".btn:not(.card){a:b}.btn:is(.card,.btn){c:d}", ".btn:not(.card){a:b}.btn:is(.card,.btn){c:d}"),
        ("@media (min-width:1px){.card{a:b}.btn{c:d}}", "@media (min-width:1px){.btn{c:d}}"),
        ("@media print{.card{a:b}}", ""),
        ("@keyframes card{0%{a:b}to{c:d}}", "@keyframes card{0%{a:b}to{c:d}}"),
        (r'@charset "x";.py-0\.5{a:b}[data-x="}"]{content:"{"}', '@charset "x";[data-x="}"]{content:"{"}'),
    ],
)  # fmt: skip
def test_of_the_kit_stays_what_pages_name(css, left):
    assert stylesheets.subset(css, {"btn", "btn-"}) == left
