"""Updates of the Bot API as Telegram writes them, for the tests: people and chats of our own making."""

from itertools import count

_update_ids = count(700_000_001)
_message_ids = count(41)

OLGA = {"id": 5_100_200_300, "is_bot": False, "first_name": "Ольга", "last_name": "Лебедева",
        "username": "olga_leb", "language_code": "ru"}  # fmt: skip
JOHN = {"id": 411_522_633, "is_bot": False, "first_name": "John", "language_code": "en-GB"}
GROUP = {"id": -1_001_770_550_221, "type": "supergroup", "title": "Зерно: склад"}


def private(person=OLGA):
    names = ("id", "first_name", "last_name", "username")
    return {name: person[name] for name in names if name in person} | {"type": "private"}


def message(text="", *, person=OLGA, chat=None, number=None, date=1_790_000_000, **fields):
    body = {
        "message_id": number or next(_message_ids),
        "from": person,
        "chat": chat or private(person),
        "date": date,
        **fields,
    }
    if text:
        body["text"] = text
    return body


def update(kind="message", content=None, **fields):
    """An update with the next number; ``update(text="Hello")`` is the shortest."""
    content = message(**fields) if content is None else content
    return {"update_id": next(_update_ids), kind: content}


def command(text, **fields):
    name = text.split()[0]
    entity = {"type": "bot_command", "offset": 0, "length": len(name)}
    return update(text=text, entities=[entity], **fields)


def edited(original, text, **fields):
    """The edit of a message said before: the same number, another text."""
    before = original["message"]
    return update("edited_message", {**before, "text": text, "edit_date": before["date"] + 60, **fields})


def photo(file_id="photo-1", *, size=31_254, **fields):
    small = {"file_id": f"{file_id}-s", "file_unique_id": f"{file_id}-su", "width": 90, "height": 67,
             "file_size": 1_120}  # fmt: skip
    large = {"file_id": file_id, "file_unique_id": f"{file_id}-u", "width": 1280, "height": 960,
             "file_size": size}  # fmt: skip
    return {"photo": [small, large], **fields}


def document(file_id="doc-1", name="акт.pdf", content_type="application/pdf", size=1_000, **fields):
    return {
        "document": {
            "file_id": file_id,
            "file_unique_id": f"{file_id}-u",
            "file_name": name,
            "mime_type": content_type,
            "file_size": size,
        },
        **fields,
    }


def press(data, *, person=OLGA, under=None, label="", number="9911"):
    """Somebody presses a button under a message of the bot's."""
    below = under or message("…", person={"id": 1, "is_bot": True, "first_name": "Bot"}, chat=private(person))
    keyboard = [[{"text": label or data, "callback_data": data}]]
    return update(
        "callback_query",
        {
            "id": number,
            "from": person,
            "chat_instance": "77",
            "data": data,
            "message": {**below, "reply_markup": {"inline_keyboard": keyboard}},
        },
    )


def membership(status, *, person=OLGA, chat=None, before="member"):
    bot = {"id": 700_100, "is_bot": True, "first_name": "Zerno", "username": "zerno_bot"}
    return update(
        "my_chat_member",
        {
            "chat": chat or private(person),
            "from": person,
            "date": 1_790_000_100,
            "old_chat_member": {"user": bot, "status": before},
            "new_chat_member": {"user": bot, "status": status, "until_date": 0},
        },
    )
