"""What a browser would post of a page: the controls of its forms, as they stand."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http import QueryDict

_SKIPPED = {"noscript", "template"}


class _Controls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.select: dict | None = None
        self.area: str | None = None
        self.text = ""
        self.skipping = 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in _SKIPPED:
            self.skipping += 1
        if self.skipping:
            return
        if tag == "select":
            self.select = {"name": given.get("name"), "options": [], "many": "multiple" in given}
        elif tag == "option" and self.select is not None:
            self.select["options"].append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self.area, self.text = given.get("name"), ""
        elif tag == "input" and given.get("name") and "disabled" not in given:
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            if given.get("type") not in {"submit", "button", "file"}:
                self.found.append((given["name"], given.get("value") or self._unvalued(given)))

    @staticmethod
    def _unvalued(given):
        return "on" if given.get("type") in {"checkbox", "radio"} and "value" not in given else ""

    def handle_data(self, data):
        self.text += data

    def handle_endtag(self, tag):
        if tag in _SKIPPED:
            self.skipping -= 1
        elif tag == "select" and self.select is not None:
            chosen = [value for value, selected in self.select["options"] if selected]
            if not self.select["many"]:
                chosen = chosen[-1:] or [value for value, _selected in self.select["options"][:1]]
            if self.select["name"]:
                self.found += [(self.select["name"], value) for value in chosen]
            self.select = None
        elif tag == "textarea" and self.area:
            text = self.text[1:] if self.text.startswith("\n") else self.text
            self.found.append((self.area, text))
            self.area = None


def controls(html: str) -> list[tuple[str, str]]:
    """(name, value) of every control that would be sent, in the order of the page."""
    parser = _Controls()
    parser.feed(html)
    # Line breaks travel as CR LF, in whatever control they stand.
    return [(name, value.replace("\r\n", "\n").replace("\n", "\r\n")) for name, value in parser.found]


def posted(html: str, **changes: str | list[str]) -> QueryDict:
    """The same as a view gets it, with some controls changed."""
    data = QueryDict(mutable=True)
    for name, value in controls(html):
        data.appendlist(name, value)
    for name, new in changes.items():
        data.setlist(name, new if isinstance(new, list) else [new])
    return data
