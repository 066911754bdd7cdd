"""Files of a form: as they come with it, and as they wait here while something else has to be put right."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile

from channels_in.kinds.web_form import tokens
from channels_in.kinds.web_form.fields import Field, Kind
from channels_in.kinds.web_form.validation import MOST_BYTES, Posted, check
from common import rates
from common.clock import now
from tickets import files
from tickets.content import FileContent
from tickets.models import Attachment

MOST_KEPT_BYTES = 150 * 1024 * 1024  # that one client may leave here in an hour without sending a form
MOST_TAKEN = 40  # files of one request that are looked at
_HOUR = 3600


@dataclass(frozen=True)
class Upload:
    """A file of a field. ``kept``: the token of one that waits here already."""

    name: str
    content_type: str
    size: int
    read: Callable[[], bytes]
    kept: str = ""


def fresh(uploaded: Iterable[UploadedFile]) -> list[Upload]:
    """Files that came with this request; inputs left empty send none."""
    found = []
    for one in list(uploaded)[:MOST_TAKEN]:
        if not one.name:
            continue
        name = files.safe_name(one.name)
        found.append(Upload(name, one.content_type or "", int(one.size or 0), _reader(one)))
    return found


def _reader(uploaded: UploadedFile) -> Callable[[], bytes]:
    def read() -> bytes:
        uploaded.seek(0)
        data: bytes = uploaded.read()
        return data

    return read


def waiting(values: Sequence[str], form_key: str) -> dict[str, list[Upload]]:
    """Files of this form that wait here, by field."""
    found: dict[str, list[Upload]] = {}
    for value in list(dict.fromkeys(values))[:MOST_TAKEN]:
        opened = tokens.read_file(value, form_key)
        if opened is None:
            continue
        row, field_key = opened
        read = files.path_of(row).read_bytes
        found.setdefault(field_key, []).append(Upload(row.name, row.content_type, row.size, read, value))
    return found


def keep(
    fields: Sequence[Field], uploads: Mapping[str, Sequence[Upload]], form_key: str, client: str
) -> dict[str, list[Upload]]:
    """Let files wait here while the rest is put right. What would be refused anyway is not kept."""
    room = MOST_BYTES
    kept: dict[str, list[Upload]] = {}
    for one in fields:
        if one.kind != Kind.FILE:
            continue
        for upload in list(uploads.get(one.key, ()))[: one.most_files]:
            alone = check([one], {}, {one.key: [Posted(upload.name, upload.size)]}, today=now().date())
            if not alone.is_right and alone.problems[one.key].code != "files-too-large":
                continue
            if upload.size > room:
                continue
            stored = upload if upload.kept else _store(upload, form_key, one.key, client)
            if stored is not None:
                room -= upload.size
                kept.setdefault(one.key, []).append(stored)
    return kept


def _store(upload: Upload, form_key: str, field_key: str, client: str) -> Upload | None:
    if rates.count("form/kept", client, _HOUR, by=max(upload.size, 1)) > MOST_KEPT_BYTES:
        return None
    content = FileContent(upload.name, upload.content_type, upload.read())
    row = files.keep_loose(content)
    token = tokens.sign_file(row, form_key, field_key)
    return Upload(row.name, row.content_type, row.size, files.path_of(row).read_bytes, token)


def let_go(uploads: Mapping[str, Sequence[Upload]], form_key: str) -> None:
    """The form was sent: what waited is in its message now, and the rows of the waiting can go."""
    for some in uploads.values():
        for one in some:
            opened = tokens.read_file(one.kept, form_key) if one.kept else None
            if opened is not None:
                Attachment.objects.filter(pk=opened[0].pk, message=None).delete()
