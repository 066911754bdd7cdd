"""What a browser calls itself, as its owner would recognise it. Pure."""

import re

# The first that fits: nearly every browser also claims to be some of those further down.
_PROGRAMS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Yandex", r"YaBrowser/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|HeadlessChrome/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)


def name_of(user_agent: str) -> str:
    """``Firefox, Windows``; empty where neither is known."""
    found = (_first(_PROGRAMS, user_agent), _first(_SYSTEMS, user_agent))
    return ", ".join(name for name in found if name)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, text)), "")
