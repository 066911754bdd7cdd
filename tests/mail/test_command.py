"""``manage.py parse_mail``: paths in, one JSON object a line out."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.mail.letters import letter


def run(monkeypatch: pytest.MonkeyPatch, form: str, *paths: Path) -> list[dict[str, object]]:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{path}\n" for path in paths)))
    out = io.StringIO()
    call_command("parse_mail", format=form, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_answers_come_in_order_and_a_missing_file_is_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = tmp_path / "a.eml"
    mail.write_bytes(letter("Thanks!\n\n> old", "Cc: Anna <anna@x.ru>"))
    first, second = run(monkeypatch, "rfc822", mail, tmp_path / "missing.eml")
    assert first["path"] == str(mail)
    assert first["from"] == {"name": "", "address": "vera@example.org"}
    assert first["cc"] == [{"name": "Anna", "address": "anna@x.ru"}]
    assert (first["reply_text"], first["date"]) == ("Thanks!", "2025-06-03T10:00:00+03:00")
    assert (first["auto"], first["bounce"], first["error"]) == (None, None, None)
    assert str(second["error"]).startswith("unreadable")


@pytest.mark.parametrize(
    ("form", "body"), [("text", "Yes\n\n> old"), ("html", "<p>Yes</p><blockquote type=cite>old")]
)
def test_bare_bodies(form: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "body"
    path.write_text(body)
    (answer,) = run(monkeypatch, form, path)
    assert answer["reply_text"] == "Yes"
