"""Copies from node_modules/ to static/vendor/ the files that pages use, and joins the icons to one sprite.

Nothing is bundled. Source-map comments go, since the maps stay behind and the static files' manifest
would miss them.
"""

from __future__ import annotations

import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "trix/dist/trix.css": "trix.css",
    "trix/dist/trix.umd.min.js": "trix.min.js",
    "@fontsource-variable/inter/wght.css": "inter/inter.css",
    "@fontsource-variable/inter/wght-italic.css": "inter/inter-italic.css",
}
LICENSES = ("htmx.org", "@tabler/core", "@tabler/icons", "trix", "@fontsource-variable/inter")
# The scripts Inter has that our texts are written in; Vietnamese stays behind.
FONTS = "inter-{script}-wght-{style}.woff2"
SCRIPTS = ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek")

SOURCE_MAP = re.compile(r"(//|/\*)[#@]\s*sourceMappingURL=.*?(\*/|$)", re.MULTILINE)
FONT_FACE = re.compile(r"/\*[^*]*\*/\s*@font-face\s*{[^}]*}\s*")
SVG = "{http://www.w3.org/2000/svg}"


def main() -> None:
    """Make static/vendor/ anew."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        text = SOURCE_MAP.sub("", (MODULES / source).read_text())
        write(VENDOR / target, fonts_we_have(text) if "inter/" in target else text)
    for script in SCRIPTS:
        for style in ("normal", "italic"):
            name = FONTS.format(script=script, style=style)
            source_file = MODULES / "@fontsource-variable" / "inter" / "files" / name
            copy(source_file, VENDOR / "inter" / "files" / name)
    for package in LICENSES:
        for license_file in sorted((MODULES / package).glob("LICENSE*")):
            name = package.replace("@", "").replace("/", "-")
            copy(license_file, VENDOR / "licenses" / f"{name}.txt")
    write(VENDOR / "icons.svg", sprite(icon_names()))


def fonts_we_have(css: str) -> str:
    """The font faces whose files are copied."""
    kept = [
        face for face in FONT_FACE.findall(css) if any(f"inter-{script}-wght" in face for script in SCRIPTS)
    ]
    return "".join(kept)


def icon_names() -> list[str]:
    """The lines of static/icons.txt."""
    lines = (line.strip() for line in (ROOT / "static" / "icons.txt").read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def sprite(names: list[str]) -> str:
    """One SVG with a <symbol> per icon; the id of "filled/star" is "star-filled"."""
    ElementTree.register_namespace("", SVG.strip("{}"))
    root = ElementTree.Element(SVG + "svg")
    for name in names:
        folder, _, plain = name.rpartition("/")
        path = MODULES / "@tabler" / "icons" / "icons" / (folder or "outline") / f"{plain}.svg"
        if not path.exists():
            sys.exit(f"static/icons.txt: Tabler has no icon {name!r}")
        icon = ElementTree.parse(path).getroot()
        symbol = ElementTree.SubElement(root, SVG + "symbol", id=f"{plain}-filled" if folder else plain)
        symbol.set("viewBox", "0 0 24 24")
        # A symbol takes no class from its page, so the strokes come along.
        for attribute in ("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"):
            if value := icon.get(attribute):
                symbol.set(attribute, value)
        symbol.extend(shape for shape in icon if shape.get("d") != "M0 0h24v24H0z")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def write(path: Path, text: str) -> None:
    """Write ``text``, making the folders on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def copy(source: Path, target: Path) -> None:
    """Copy a file, making the folders on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


if __name__ == "__main__":
    main()
