"""Whatever bytes and entities come: nothing is raised, the text stays whole, the HTML is well formed."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from channels_in.kinds.telegram.parsing import parse, read
from channels_in.kinds.telegram.parsing.utf16 import Units, length
from common.html import sanitise
from common.html_text import to_text
from tests.telegram import updates

_KINDS = st.sampled_from(
    "bold italic underline strikethrough spoiler code pre blockquote expandable_blockquote url email mention"
    " text_link text_mention custom_emoji phone_number".split()
)
_ENTITIES = st.lists(
    st.fixed_dictionaries(
        {"type": _KINDS, "offset": st.integers(-3, 60), "length": st.integers(-3, 60)},
        optional={"url": st.sampled_from(["https://example.com/?a=1&b", "javascript:1", ""])},
    ),
    max_size=12,
)
_LETTERS = st.text(st.sampled_from("ab яё.<&>\"'😀👩‍🔧\u0301"), max_size=40)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(
    "text caption entities photo document sticker location contact poll venue chat from date message_id quote"
    " reply_to_message forward_origin sender_chat media_group_id migrate_to_chat_id dice paid_media".split()
)


@given(_LETTERS, _ENTITIES)
@settings(max_examples=300, deadline=None)
def test_text_is_intact_and_html_well_formed(text, entities):
    found = read(updates.update(text=text, entities=entities))
    if not text:
        return
    assert found.text == text
    assert sanitise(found.html) == found.html
    assert "".join(to_text(found.html, links=False, quote_marks=False).split()) == "".join(text.split())


@given(st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll"]),
       st.dictionaries(_FIELDS, _JSON, max_size=8))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_update_raises(kind, fields):
    content = {**updates.message("текст"), "id": "1", **fields}
    parse(json.dumps({"update_id": 1, kind: content}).encode())


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise(raw):
    parse(raw)


@given(_LETTERS, st.integers(-2, 90))
@settings(max_examples=300, deadline=None)
def test_units_lead_to_characters(text, unit):
    units = Units(text)
    encoded = text.encode("utf-16-le")
    assert units.length == length(text) == len(encoded) // 2
    start, end = units.start(unit), units.end(unit)
    assert 0 <= start <= end <= len(text) or (unit >= units.length and start == len(text))
    assert end - start <= 1
    assert length(text[:start]) <= max(unit, 0)
