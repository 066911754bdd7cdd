"""Files a visitor has chosen: taken in with limits, given to the message they belong to."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from channels_in.models import ChatSession, ChatUpload
from tickets import files
from tickets.content import FileContent
from tickets.errors import Invalid
from tickets.models import Attachment

LARGEST = 20 * 1024 * 1024  # bytes of one file
MOST_WAITING = 20  # files chosen and not sent
MOST_BYTES_WAITING = 60 * 1024 * 1024


def keep(session: ChatSession, name: str, content_type: str, data: bytes) -> ChatUpload:
    """Take a file in; raises ``Invalid`` with the reason in words."""
    name = files.safe_name(name)
    blocked = {str(one).lower().lstrip(".") for one in session.widget.blocked_types}
    # Every ending counts: "run.js.txt" is renamed by somebody who was told to.
    if blocked & {part.lower() for part in name.split(".")[1:]}:
        raise Invalid("file", _("Files of this kind are not accepted here."))
    if not data:
        raise Invalid("file", _("This file is empty."))
    if len(data) > LARGEST:
        raise Invalid("file", too_large())
    waiting = list(ChatUpload.objects.filter(session=session).values_list("size", flat=True))
    if len(waiting) >= MOST_WAITING or sum(waiting) + len(data) > MOST_BYTES_WAITING:
        raise Invalid("file", _("Too many files at once. Send these first."))
    _digest, path = files.write(data)
    return ChatUpload.objects.create(
        session=session, name=name, content_type=files.safe_type(content_type), size=len(data), path=path
    )


def too_large() -> str:
    return _("A file may have up to 20 MB.")


def of(session: ChatSession, keys: list[str]) -> list[ChatUpload]:
    """Those of them that are this session's, in the order given."""
    found = {row.key: row for row in ChatUpload.objects.filter(session=session, key__in=keys)}
    return [found[key] for key in keys if key in found]


def take(session: ChatSession, keys: list[str]) -> list[FileContent]:
    """Their contents, for a message; they wait no longer. Raises OSError where one cannot be read."""
    rows = of(session, keys) if keys else []
    taken = [
        FileContent(row.name, row.content_type, (Path(settings.MEDIA_ROOT) / row.path).read_bytes())
        for row in rows
    ]
    ChatUpload.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return taken


def forget_old(at: datetime, *, keep_for: timedelta = timedelta(days=2)) -> int:
    """Forget what was chosen and never sent. The content goes unless a message has the same."""
    rows = list(ChatUpload.objects.filter(created_at__lt=at - keep_for)[:500])
    for row in rows:
        row.delete()
        used = Attachment.objects.filter(sha256=Path(row.path).name).exists()
        if not used and not ChatUpload.objects.filter(path=row.path).exists():
            (Path(settings.MEDIA_ROOT) / row.path).unlink(missing_ok=True)
    return len(rows)
