"""``manage.py parse_telegram``: one JSON object a line for each path, whatever the file is."""

import io
import json

from django.core.management import call_command

from tests.telegram import updates


def ask(monkeypatch, *paths):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{path}\n" for path in paths)))
    out = io.StringIO()
    call_command("parse_telegram", "--format", "json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_tells_what_intake_makes_of_updates(tmp_path, monkeypatch):
    before = updates.message("Когда?", number=5)
    first = tmp_path / "first.json"
    first.write_text(
        json.dumps(updates.update(reply_to_message=before, number=6, **updates.photo("p1", caption="Вот 😀")))
    )
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps(updates.message("Просто", number=8, edit_date=5)))
    broken = tmp_path / "broken.json"
    broken.write_bytes(b"\x00{")
    said, alone, nonsense, missing = ask(monkeypatch, first, bare, broken, tmp_path / "missing")
    assert said == {
        "path": str(first),
        "ignored": None,
        "external_id": "6",
        "chat_id": updates.OLGA["id"],
        "sender": {
            "id": updates.OLGA["id"],
            "name": "Ольга Лебедева",
            "username": "olga_leb",
            "language": "ru",
        },
        "text": "Вот 😀",
        "html": "Вот 😀",
        "attachments": [
            {
                "kind": "photo",
                "name": "photo.jpg",
                "content_type": "image/jpeg",
                "size": 31_254,
                "file_id": "p1",
            }
        ],
        "reply_to": 5,
        "edited": False,
    }
    assert (alone["text"], alone["edited"], alone["ignored"]) == ("Просто", True, None)
    assert nonsense["ignored"].startswith("malformed")
    assert missing["ignored"].startswith("unreadable")
