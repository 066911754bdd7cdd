"""What the Bot API refuses, in its own words: lengths, entities, keyboards, files."""

from typing import Any

from channels_in.kinds.telegram.parsing.utf16 import length

MOST_TEXT, MOST_CAPTION, MOST_ENTITIES = 4096, 1024, 100
MOST_BYTES, MOST_PHOTO_BYTES = 50 * 1024 * 1024, 10 * 1024 * 1024
_KINDS = frozenset(
    "mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler"
    " blockquote expandable_blockquote code pre text_link text_mention custom_emoji".split()
)


class Refused(Exception):  # says what Telegram says
    """The answer is no."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(words: str) -> Refused:
    return Refused(400, f"Bad Request: {words}")


def check_text(text: Any, entities: Any, *, most: int, required: bool, name: str) -> str:
    """The text as it will be shown; raises ``Refused``."""
    if text is None and not required:
        return ""
    if not isinstance(text, str) or (required and not text.strip()):
        raise bad("message text is empty")
    if length(text) > most:
        raise bad(f"{name} is too long")
    check_entities(text, entities or [])
    return text


def check_entities(text: str, entities: Any) -> None:
    """Each within the text, at whole characters, nested, and nothing within code."""
    units = text.encode("utf-16-le")
    stack: list[tuple[int, str]] = []
    if not isinstance(entities, list) or len(entities) > MOST_ENTITIES:
        raise bad("can't parse entities")
    for entity in sorted(entities, key=lambda one: (one["offset"], -one["length"])):
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["type"] not in _KINDS or start < 0 or end <= start or end * 2 > len(units):
            raise bad("can't parse entities: wrong entity")
        try:
            units[start * 2 : end * 2].decode("utf-16-le")
        except UnicodeDecodeError:
            raise bad("can't parse entities: an entity cuts a character in two") from None
        if entity["type"] == "text_link" and not str(entity.get("url", "")).startswith(
            ("http://", "https://")
        ):
            raise bad("can't parse entities: wrong URL")
        while stack and stack[-1][0] <= start:
            stack.pop()
        if stack and (stack[-1][0] < end or stack[-1][1] in ("code", "pre")):
            raise bad("can't parse entities: entities overlap")
        stack.append((end, entity["type"]))


def check_keyboard(markup: Any) -> dict[str, Any] | None:
    if markup is None:
        return None
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list) or len(rows) > 100:
        raise bad("object expected as reply markup")
    for row in rows:
        for button in row:
            if not button.get("text"):
                raise bad("text buttons are unallowed in the inline keyboard")
            if not 1 <= len(str(button.get("callback_data", "x")).encode()) <= 64:
                raise bad("BUTTON_DATA_INVALID")
    return markup


def check_file(kind: str, data: bytes) -> None:
    if not data:
        raise bad("file must be non-empty")
    if kind == "photo":
        if len(data) > MOST_PHOTO_BYTES:
            raise bad("file is too big")
        if not data.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8")):
            raise bad("IMAGE_PROCESS_FAILED")
    if len(data) > MOST_BYTES:
        raise Refused(413, "Request Entity Too Large")
