"""HTML as an attacker, or a strange mail program, would write it; and what a reader must still see of it.

Each tries to run a script that would call ``RAN`` or to load something from ``AWAY``. With the environment's
``HOSTILE_HTML`` a file of further ones is read, one JSON object with ``input`` a line.
"""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from pathlib import Path

AWAY = "https://away.example"
RAN = f"fetch('{AWAY}/ran')"

_PICTURE = f'<img src="{AWAY}/p.gif">'
# (what is written, what must be seen of it)
WRITTEN: list[tuple[str, str]] = [
    (f"<script>{RAN}</script>after script", "after script"),
    (f"<SCRIPT\n/x>{RAN}</ScRiPt\t>odd script", "odd script"),
    (f"<scr<script>ipt>{RAN}</scr</script>ipt>nested script", ""),
    (f'<img src=x onerror="{RAN}">broken picture', "broken picture"),
    (f"<img/src=x/onerror={RAN}>slashes", "slashes"),
    (f'<img src="x`" `<script>{RAN}</script>"` `>backticks', ""),
    (f'<svg onload="{RAN}"><text>drawn</text></svg>after svg', "after svg"),
    (f"<svg><script>{RAN}</script></svg>svg script", "svg script"),
    (f"<svg><style><img src=x onerror={RAN}></style></svg>svg style", "svg style"),
    (f"<math><mtext><table><mglyph><style><img src=x onerror={RAN}></style></table></math>maths", ""),
    (f"<noscript><p title='</noscript><img src=x onerror={RAN}>'></noscript>no script", ""),
    (f"<template><img src=x onerror={RAN}></template>template", "template"),
    (f'<iframe src="javascript:{RAN}"></iframe>frame', "frame"),
    (f'<iframe srcdoc="<script>{RAN}</script>"></iframe>srcdoc', "srcdoc"),
    (f'<object data="{AWAY}/o.swf"></object><embed src="{AWAY}/e.swf">objects', "objects"),
    (f'<base href="{AWAY}/"><a href="page">based</a>', "based"),
    (f'<meta http-equiv="refresh" content="0;url={AWAY}/meta">refreshed', "refreshed"),
    (f'<link rel="stylesheet" href="{AWAY}/s.css">styled', "styled"),
    (
        f"<style>@import url({AWAY}/i.css); p {{ background: url({AWAY}/b.gif) }}</style><p>imported</p>",
        "imported",
    ),
    (f'<p style="background:url({AWAY}/bg.gif)">background</p>', "background"),
    (f'<p style="background:u\\72l({AWAY}/bg.gif)">escaped css</p>', "escaped css"),
    (f"<p style=\"background-image:image-set('{AWAY}/set.png' 1x)\">image set</p>", "image set"),
    (f'<p style="list-style:url({AWAY}/l.gif)">list style</p>', "list style"),
    (f'<p style="content:attr(x);cursor:url({AWAY}/c.cur),auto">cursor</p>', "cursor"),
    (f'<p style="width:expression({RAN})">expression</p>', "expression"),
    (f'<p style="behavior:url({AWAY}/x.htc);-moz-binding:url({AWAY}/x.xml#x)">binding</p>', "binding"),
    (
        '<div style="position:fixed;top:0;left:0;width:9999px;height:9999px;background:red">cover</div>',
        "cover",
    ),
    (f'<a href="javascript:{RAN}">script link</a>', "script link"),
    (f'<a href="jav&#x09;ascript:{RAN}">tab link</a>', "tab link"),
    (f'<a href="&#106;avascript&colon;{RAN}">entity link</a>', "entity link"),
    (f'<a href=" \x01javascript:{RAN}">control link</a>', "control link"),
    (f'<a href="data:text/html,<script>{RAN}</script>">data link</a>', "data link"),
    (f'<a href="vbscript:msgbox(1)" onclick="{RAN}" onmouseover="{RAN}">old link</a>', "old link"),
    (
        f'<form action="{AWAY}/form"><input autofocus onfocus="{RAN}"><button>press</button></form>form',
        "form",
    ),
    (f'<button formaction="javascript:{RAN}">button</button>', "button"),
    (f'<input type="image" src="{AWAY}/i.gif">input picture', "input picture"),
    (f'<video poster="{AWAY}/p.jpg" src="{AWAY}/v.mp4" autoplay></video>video', "video"),
    (f'<audio src="{AWAY}/a.mp3" autoplay onplay="{RAN}"></audio>audio', "audio"),
    (f"<video><source onerror={RAN} src=x></video>source", "source"),
    (
        f'<picture><source srcset="{AWAY}/s.webp"><img srcset="{AWAY}/t.png 2x"></picture>set',
        "set",
    ),
    (
        f'{_PICTURE}<img src="//away.example/q.gif"><img src="ht\ntps://away.example/r.gif">pictures',
        "pictures",
    ),
    (f'<body background="{AWAY}/body.gif" onload="{RAN}">body</body>', "body"),
    (f'<table background="{AWAY}/t.gif"><tr><td background="{AWAY}/td.gif">cell</td></tr></table>', "cell"),
    (f'<details open ontoggle="{RAN}"><summary>more</summary>inside</details>', "more"),
    (f'<marquee onstart="{RAN}">running text</marquee>', "running text"),
    (f'<a href="{AWAY}/ping" ping="{AWAY}/pinged" target="_top">pinged</a>', "pinged"),
    (f"<!--><img src=x onerror={RAN}>-->comment", ""),
    (f"<![CDATA[<img src=x onerror={RAN}>]]>section", ""),
    (f"<xmp><img src=x onerror={RAN}></xmp>xmp", "xmp"),
    (f"<title><img src=x onerror={RAN}></title>title", "title"),
    (f"<textarea><img src=x onerror={RAN}></textarea>area", ""),
    (f"<select><option><img src=x onerror={RAN}></select>choice", "choice"),
    (
        f'<p id="x" name="body" class="toasts" data-x="1" hx-get="{AWAY}" hx-trigger="load">attributes</p>',
        "attributes",
    ),
    (
        f'<div is="mail-frame" data-src="{AWAY}"><mail-frame data-src="{AWAY}">custom</mail-frame></div>',
        "custom",
    ),
    (f'<p xml:base="{AWAY}" xlink:href="{AWAY}/x">names</p>', "names"),
    (f"<plaintext><img src=x onerror={RAN}>plain", ""),
    (
        "<b>bold</b> <i>italic</i> <u>under</u> <s>struck</s> <code>code</code>",
        "bold italic under struck code",
    ),
    ("<ul><li>one</li><li>two</li></ul><blockquote>said</blockquote><h2>head</h2>", "one"),
    ('<table border="1"><tr><td style="color:#c00;font-weight:bold">red cell</td></tr></table>', "red cell"),
    (
        '<a href="https://otklik.example/help?a=1&amp;b=2">a good link</a> &lt;not a tag&gt;',
        "a good link <not a tag>",
    ),
    ('<p dir="rtl" lang="ka">გამარჯობა</p><p>Ёлкин &amp; сыновья</p>', "Ёлкин & сыновья"),
]


def vectors() -> list[tuple[str, str]]:
    """All of them, those of the environment's file last."""
    more = os.environ.get("HOSTILE_HTML", "")
    if not more:
        return WRITTEN
    lines = Path(more).read_text(encoding="utf-8").splitlines()
    return WRITTEN + [(json.loads(line)["input"], "") for line in lines]


_RUNS = frozenset("script style iframe object embed applet form input button svg math link meta base".split())
_LOADS = frozenset("src srcset poster background action formaction data ping xlink:href".split())


class _Finder(HTMLParser):
    """Collects what would run, or load something, if a page showed this."""

    def __init__(self) -> None:
        super().__init__()
        self.harm: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _RUNS:
            self.harm.append(tag)
        for name, given in attrs:
            value = (given or "").strip().lower()
            if name.startswith(("on", "hx-")) or (name in _LOADS and not value.startswith("cid:")):
                self.harm.append(f"{tag} {name}")
            if name == "href" and not value.startswith(("http://", "https://", "mailto:", "tel:")):
                self.harm.append(f"{tag} href")
            if name == "style" and ("url" in value or "\\" in value):
                self.harm.append(f"{tag} style")


def harm_in(html: str) -> list[str]:
    """What of a sanitised fragment is not harmless, by a parser that is not the sanitiser's."""
    finder = _Finder()
    finder.feed(html)
    return finder.harm


def plain(text: str) -> str:
    """Without white space and control characters, which no channel need keep."""
    return "".join(one for one in text if one > " " and one.isprintable())
