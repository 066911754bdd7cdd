"""A visitor's User-Agent in a few words. Browsers name each other in it: the order of questions matters."""

import re

_BROWSERS = (
    ("Yandex", r"YaBrowser/(\d+)"),
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"(?:OPR|Opera)/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def browser_words(agent: str) -> str:
    """``Chrome 140 · Linux``; what is known of it, or nothing.

    >>> browser_words("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36")
    'Chrome 140 · Linux'
    """
    parts = []
    for name, pattern in _BROWSERS:
        if found := re.search(pattern, agent):
            parts.append(f"{name} {found[1]}")
            break
    parts += [name for name, pattern in _SYSTEMS if re.search(pattern, agent)][:1]
    return " · ".join(parts)
