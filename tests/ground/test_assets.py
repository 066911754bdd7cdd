"""The files that pages load: all there, all from here."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from helpdesk.local.environment import ROOT
from scripts import assets

VENDOR = ROOT / "static" / "vendor"
SHEETS = sorted(VENDOR.rglob("*.css"))
OURS = sorted((ROOT / "static" / "css").rglob("*.css"))


@pytest.mark.parametrize("sheet", SHEETS + OURS, ids=lambda path: path.name)
def test_what_a_style_sheet_loads_is_there(sheet):
    """A missing file would stop collectstatic, and another host would break the promise."""
    for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text()):
        if not address.startswith(("data:", "#", "%23")):
            assert (sheet.parent / address.split("?")[0].split("#")[0]).exists(), address


def test_no_source_maps_are_promised():
    promised = [p.name for p in [*SHEETS, *VENDOR.rglob("*.js")] if "sourceMappingURL=" in p.read_text()]
    assert promised == []


def test_inter_covers_latin_and_cyrillic():
    css = (VENDOR / "inter" / "inter.css").read_text()
    assert css.count("@font-face") == len(assets.SCRIPTS)
    assert "U+0400-045F" in css or "U+0301" in css


def test_the_sprite_has_every_icon_listed_and_none_twice():
    symbols = ElementTree.parse(VENDOR / "icons.svg").getroot()
    ids = [symbol.get("id") for symbol in symbols]
    assert len(ids) == len(set(ids)) == len(assets.icon_names())
    assert all(len(symbol) for symbol in symbols)


def test_every_icon_a_template_names_is_in_the_sprite():
    listed = {symbol.get("id") for symbol in ElementTree.parse(VENDOR / "icons.svg").getroot()}
    named = {}
    for template in (ROOT / "templates").rglob("*.html"):
        for name in re.findall(r"\bicon\(\s*['\"]([\w-]+)['\"]", template.read_text()):
            named.setdefault(name, template.relative_to(ROOT))
    assert {name: str(where) for name, where in named.items() if name not in listed} == {}


def test_no_page_loads_from_another_host():
    foreign = re.compile(r"""(?:src|href)=["'](?:https?:)?//[^"']*\.(?:js|css|woff2?)\b""")
    pages = [p for p in (ROOT / "templates").rglob("*.html") if foreign.search(p.read_text())]
    assert pages == []
