"""Small things that every page draws a hundred times, and that are remembered as they were drawn."""

from __future__ import annotations

from django.utils.safestring import mark_safe
from markupsafe import Markup

from common import filters
from desk.presentation import icon_mark


def test_an_icon_is_decorative_unless_it_has_words() -> None:
    assert 'aria-hidden="true"' in icon_mark("user") and 'class="icon"' in icon_mark("user")
    named = icon_mark("user", "icon-s", label='"Nobody" & co')
    assert 'class="icon icon-s" role="img" aria-label="&#34;Nobody&#34; &amp; co"' in named
    assert "aria-hidden" not in named


def test_what_is_safe_and_what_only_looks_like_it() -> None:
    """The same letters, remembered from one who could be trusted, stay what they are from another."""
    assert 'aria-label="a &amp; b"' in icon_mark("user", label=Markup("a &amp; b"))
    assert 'aria-label="a &amp;amp; b"' in icon_mark("user", label="a &amp; b")
    assert filters.plain(mark_safe("<b>ours</b>")) == "<b>ours</b>"
    assert filters.plain("<b>ours</b>") == "&lt;b&gt;ours&lt;/b&gt;"
