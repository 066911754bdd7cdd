"""Files: stored once per content under their hash, opened by short-lived signed URLs."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.urls import reverse

from common.text import storable
from people.models import User
from tickets.content import FileContent
from tickets.models import Attachment, Message, Ticket

URL_SECONDS = 300
SALT = "tickets.files"
# Shown in the page; everything else is a download, whatever it calls itself.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_TYPE = re.compile(r"[a-z0-9][\w.+-]{0,100}/[a-z0-9][\w.+-]{0,100}\Z")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\<>:"|?*\u202a-\u202e\u2066-\u2069]')


def safe_name(name: str) -> str:
    """A name that no file system and no reader can be fooled with; never empty, at most 200 characters."""
    cleaned = _UNSAFE.sub("_", storable(name)).strip(" .")
    stem, dot, suffix = cleaned.rpartition(".")
    if dot and len(cleaned) > 200 and len(suffix) <= 10:
        cleaned = f"{stem[: 199 - len(suffix)]}.{suffix}"
    return cleaned[:200] or "file"


def safe_type(content_type: str) -> str:
    lowered = content_type.split(";")[0].strip().lower()
    return lowered if _TYPE.match(lowered) else "application/octet-stream"


def write(data: bytes) -> tuple[str, str]:
    """Store ``data`` and return (SHA-256, path under MEDIA_ROOT). Durable before it returns.

    The same content twice is one file. Raises OSError, a full disk included; nothing half-written
    ever bears the final name.
    """
    digest = hashlib.sha256(data).hexdigest()
    relative = f"{digest[:2]}/{digest[2:4]}/{digest}"
    target = Path(settings.MEDIA_ROOT) / relative
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    return digest, relative


def path_of(attachment: Attachment) -> Path:
    return Path(settings.MEDIA_ROOT) / attachment.path


def _row(file: FileContent) -> Attachment:
    digest, relative = write(file.data)
    return Attachment(
        name=safe_name(file.name),
        content_type=safe_type(file.content_type),
        size=len(file.data),
        sha256=digest,
        path=relative,
        is_inline=file.is_inline,
        content_id=storable(file.content_id)[:255],
    )


def attach(message: Message, files: Iterable[FileContent]) -> list[Attachment]:
    """Store files with a message that has just been made, in the same transaction."""
    rows = [_row(file) for file in files]
    for row in rows:
        row.message = message
        row.ticket_id = message.ticket_id
    return Attachment.objects.bulk_create(rows)


def keep_loose(file: FileContent) -> Attachment:
    """Store a file that belongs to nobody yet; whoever keeps its key may take it. It lives three days."""
    row = _row(file)
    row.save()
    return row


def upload(ticket: Ticket | None, user: User, file: FileContent) -> Attachment:
    """Store a file that the author of a draft has chosen, without a message as yet."""
    row = _row(file)
    row.ticket = ticket
    row.uploaded_by = user
    row.save()
    return row


def take(message: Message, user: User, attachment_ids: Iterable[int]) -> list[Attachment]:
    """Give uploads of ``user`` to the message they were meant for; others' and used ones are ignored."""
    wanted = list(attachment_ids)
    if not wanted:
        return []
    loose = Attachment.objects.filter(pk__in=wanted, message=None, uploaded_by=user).filter(
        Q(ticket=None) | Q(ticket_id=message.ticket_id)
    )
    rows = list(loose.order_by("pk"))
    loose.update(message=message, ticket_id=message.ticket_id)
    return rows


def token(attachment: Attachment, user: User, *, download: bool = False) -> str:
    return signing.dumps([attachment.pk, user.pk, int(download)], salt=SALT)


def signed_url(attachment: Attachment, user: User, *, download: bool = False) -> str:
    """An address that opens the file for five minutes. Call it only for what ``user`` may see."""
    return reverse("file", args=[token(attachment, user, download=download), quote(attachment.name, safe="")])


def open_token(value: str) -> tuple[Attachment, bool] | None:
    """The file behind a signed address and whether to download it; None when it is wrong or too old.

    The door is asked again: an agent who has since lost the ticket, or left, gets nothing.
    """
    try:
        attachment_id, user_id, download = signing.loads(value, salt=SALT, max_age=URL_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    attachment = Attachment.objects.filter(pk=attachment_id, redacted_at=None).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if attachment is None or user is None:
        return None
    if attachment.message_id is None:
        return (attachment, bool(download)) if attachment.uploaded_by_id == user.pk else None
    visible = attachment.ticket_id is not None and Ticket.objects.shown_to(user, attachment.ticket_id)
    return (attachment, bool(download)) if visible else None
