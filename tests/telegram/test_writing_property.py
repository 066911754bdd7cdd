"""A message of ours as Telegram takes it: nothing lost or too long, no word and no formatting cut in two."""

from hypothesis import given, settings
from hypothesis import strategies as st

from channels_in.kinds.telegram.parsing.utf16 import Units, length
from channels_in.kinds.telegram.writing import from_html, from_text, split
from channels_in.kinds.telegram.writing.rich import Rich, Span

_WORD = st.sampled_from(
    ["да", "насос", "😀", "👩‍🔧", "очень-длинное-слово", "e\u0301", "\n", "\n\n", "x" * 30]
)
_WORDS = st.lists(_WORD, max_size=60)
_TAGS = st.sampled_from("b i u s code pre a blockquote p div li ul ol h1 strong span td".split())


@st.composite
def _rich(draw):
    """Words, some runs of which are formatted as a whole."""
    text, spans = "", []
    for words in draw(st.lists(st.lists(_WORD, min_size=1, max_size=6), max_size=12)):
        run = " ".join(words)
        if draw(st.booleans()) and run.strip():
            kind = draw(st.sampled_from(["bold", "code", "text_link"]))
            spans.append(Span(len(text), len(text) + len(run), kind))
        text += run + " "
    return Rich(text, tuple(spans)).part(0, len(text))


@st.composite
def _html(draw):
    out = []
    for word in draw(_WORDS):
        tag = draw(_TAGS)
        attribute = ' href="https://example.com/x"' if tag == "a" else ""
        out.append(draw(st.sampled_from(
            [word, f"<{tag}{attribute}>{word}</{tag}>", f"<{tag}{attribute}>{word}", f"</{tag}>", "<br>"]
        )))  # fmt: skip
    return "".join(out)


@given(_rich(), st.integers(24, 200))
@settings(max_examples=400, deadline=None)
def test_parts_are_short_enough_and_together_the_whole(rich, limit):
    parts = split(rich, limit=limit)
    assert "".join("".join(part.text.split()) for part in parts) == "".join(rich.text.split())
    for part in parts:
        assert 0 < length(part.text) <= limit
        assert part.text == part.text.strip()
        units = part.text.encode("utf-16-le")
        for entity in part.entities():
            assert entity["offset"] >= 0
            assert entity["length"] > 0
            assert (entity["offset"] + entity["length"]) * 2 <= len(units)
            covered = units[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2]
            covered.decode("utf-16-le")  # raises on half a character


@given(_rich(), st.integers(24, 200))
@settings(max_examples=400, deadline=None)
def test_no_word_and_no_formatting_is_cut_unless_too_long_itself(rich, limit):
    parts = split(rich, limit=limit)
    words = {word for part in parts for word in part.text.split()}
    for word in words - set(rich.text.split()):
        whole = [long for long in rich.text.split() if word in long and length(long) > limit]
        covering = [span for span in rich.spans if length(rich.text[span.start : span.end]) > limit]
        assert whole or covering
    if all(length(one) <= limit for one in rich.text.split()) and all(
        length(rich.text[span.start : span.end]) <= limit for span in rich.spans
    ):
        assert sum(len(part.spans) for part in parts) == len(rich.spans)


@given(_html())
@settings(max_examples=400, deadline=None)
def test_any_html_of_ours_becomes_what_telegram_accepts(html):
    rich = from_html(html)
    stack = []
    for span in rich.spans:
        assert 0 <= span.start < span.end <= len(rich.text)
        while stack and stack[-1].end <= span.start:
            stack.pop()
        assert not stack or span.end <= stack[-1].end  # nested, never crossing
        assert not any(one.kind in ("pre", "code") for one in stack)
        stack.append(span)
    for part in split(rich):
        assert part.entities() == sorted(part.entities(), key=lambda one: (one["offset"], -one["length"]))


@given(st.text(max_size=300), st.integers(16, 64))
@settings(max_examples=300, deadline=None)
def test_any_text_at_all(text, limit):
    rich = from_text(text)
    parts = split(rich, limit=limit)
    assert "".join("".join(part.text.split()) for part in parts) == "".join(rich.text.split())
    assert all(length(part.text) <= limit for part in parts)
    assert Units(rich.text).length == rich.length
