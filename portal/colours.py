"""From the one colour of a brand to colours that can be read, in light and in dark. Pure.

Contrast as WCAG 2.2 defines it (1.4.3): at least 4.5:1 for text on its ground.
"""

from dataclasses import dataclass
from functools import lru_cache

Rgb = tuple[float, float, float]

ENOUGH = 4.6
_LIGHT: Rgb = (0.94, 0.945, 0.957)  # the darkest ground that text of this colour stands on
_DARK: Rgb = (0.11, 0.133, 0.176)  # the lightest, in dark
_WHITE: Rgb = (1.0, 1.0, 1.0)
_INK: Rgb = (0.06, 0.085, 0.17)
_FALLBACK = "#3d55cc"


@dataclass(frozen=True)
class Palette:
    """Hex colours: of links and buttons, and of words on them, by theme."""

    light: str
    light_strong: str
    on_light: str
    dark: str
    dark_strong: str
    on_dark: str


@lru_cache(maxsize=256)
def palette(colour: str) -> Palette:
    """Keeps the hue: darker until it can be read on white, lighter until it can on black."""
    rgb = _parse(colour)
    light = _until(rgb, (0.0, 0.0, 0.0), _LIGHT)
    dark = _until(rgb, _WHITE, _DARK)
    return Palette(
        light=_hex(light),
        light_strong=_hex(_mix(light, (0.0, 0.0, 0.0), 0.18)),
        on_light=_hex(_words_on(light)),
        dark=_hex(dark),
        dark_strong=_hex(_mix(dark, _WHITE, 0.25)),
        on_dark=_hex(_words_on(dark)),
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _until(rgb: Rgb, towards: Rgb, ground: Rgb) -> Rgb:
    for step in range(41):
        mixed = _mix(rgb, towards, step / 40)
        if contrast(mixed, ground) >= ENOUGH:
            return mixed
    return towards


def _words_on(rgb: Rgb) -> Rgb:
    return _WHITE if contrast(rgb, _WHITE) >= contrast(rgb, _INK) else _INK


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def _parse(colour: str) -> Rgb:
    try:
        number = int(colour.lstrip("#"), 16) if len(colour) == 7 else int(_FALLBACK[1:], 16)
    except ValueError:
        number = int(_FALLBACK[1:], 16)
    return (number >> 16) / 255, (number >> 8 & 255) / 255, (number & 255) / 255


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)
