"""What somebody said in Telegram, as a message of a ticket. Its few words are in the active language."""

from html import escape

from django.utils.translation import gettext as _

from channels_in.kinds.telegram import fetching
from channels_in.kinds.telegram.albums import Piece
from channels_in.kinds.telegram.parsing import Update
from common.html import text_to_html
from common.text import one_line
from tickets.content import Content

_SUBJECT = 120


def content_of(pieces: list[Piece]) -> Content:
    """One message of all pieces: their captions, their files, a line for each file that could not be had."""
    texts, htmls, files, notes = [], [], [], []
    for piece in pieces:
        update = piece.update
        found, missing = fetching.contents(piece.inbound, update.files, number=update.message_id)
        files += found
        notes += missing + _unsupported(update)
        if update.text:
            texts.append(update.text)
            htmls.append(update.html)
    first = pieces[0].update
    head = _forwarded(first)
    formatted = any(piece.update.is_formatted for piece in pieces)
    html = ""
    if formatted:
        lines = [*([escape(head)] if head else []), *htmls, *(text_to_html(note) for note in notes)]
        html = "<br><br>".join(lines)
    return Content(
        text="\n\n".join([*([head] if head else []), *texts, *notes]),
        html=html,
        quoted_text=first.quote if first.reply_to else "",
        sender={"name": first.sender.name if first.sender else "", "address": ""},
        files=files,
    )


def _forwarded(update: Update) -> str:
    if update.forwarded_from is None:
        return ""
    name = update.forwarded_from or _("somebody who hides their name")
    return _("Forwarded from %(name)s:") % {"name": name}


def _unsupported(update: Update) -> list[str]:
    """What Telegram has and we do not know is told, never swallowed."""
    if not update.unsupported or update.text or update.files:
        return []
    return [
        _("[A message of a kind that is not supported: %(kinds)s]") % {"kinds": ", ".join(update.unsupported)}
    ]


def subject_of(pieces: list[Piece]) -> str:
    """How the text begins; of files alone, what they are."""
    for piece in pieces:
        if text := one_line(piece.update.text, _SUBJECT):
            return text
    files = pieces[0].update.files
    if not files:
        return _("Message")
    names = {
        "photo": _("Photo"),
        "video": _("Video"),
        "video_note": _("Video message"),
        "voice": _("Voice message"),
        "audio": _("Audio"),
        "sticker": _("Sticker"),
        "animation": _("Animation"),
    }
    return names.get(files[0].kind) or files[0].name
