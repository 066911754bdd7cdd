"""Small things that every page draws a hundred times, and that are remembered as they were drawn."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from markupsafe import Markup

from common import filters
from desk import marks
from desk.marks import icon as icon_mark


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


@pytest.mark.parametrize(
    "drawn",
    [
        lambda words: marks.tag(words, "blue"),
        marks.badge,
        lambda words: marks.status(20, words),
        lambda words: marks.status_icon(20, words),
        lambda words: marks.priority(3, words, words=True),
        lambda words: marks.tier_mark("gold", words),
        lambda words: marks.tier("gold", words),
    ],
)
def test_no_mark_lets_words_be_more_than_words(drawn) -> None:
    """Neither those of people nor, remembered from those who may, the same letters of somebody else."""
    assert "<i>" in drawn(Markup("<i>x</i>"))
    assert "<i>" not in drawn("<i>x</i>")
    assert "&lt;i&gt;x" in drawn("<i>x</i>")


def test_nobody_and_somebody() -> None:
    assert "avatar-none" in marks.avatar("") and "avatar-none" in marks.avatar(None, "s")
    assert ">AL</span>" in marks.avatar("Anna Lind", "s") and "avatar-s" in marks.avatar("Anna Lind", "s")
    assert "&lt;" not in marks.avatar("<script> x")  # no letter, no initial


def test_the_ordinary_tier_and_the_most_urgent() -> None:
    assert marks.tier("standard", "Standard") == "" == marks.tier_mark("", "")
    assert "priority-urgent" in marks.priority(4, "Urgent") and "priority-bars" in marks.priority(1, "Low")


def test_a_moment_as_each_reader_writes_it() -> None:
    at = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)
    with timezone.override("Europe/Moscow"), translation.override("ru"):
        moscow = marks.local_time(at, "time")
    with timezone.override("Europe/London"), translation.override("en"):
        london = marks.local_time(at, "time")
    assert 'datetime="2026-03-02T21:30:00Z" form="time"' in moscow and "3 марта" in moscow
    assert "March 2" in london and "9:30" in london
    assert marks.local_time(None) == ""
