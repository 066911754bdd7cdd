"""A form that was sent, as it is stored: one line of JSON, then its files one after the other. Pure.

The answers were judged before, and stand here with the words they were asked in: whatever becomes of the
form, what was sent can be processed again.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tickets.content import FileContent

VERSION = 1
_LONGEST_HEAD = 4_000_000  # bytes of the first line: sixty long answers and their words


class BrokenSubmissionError(Exception):
    """The stored bytes are no submission of ours."""


@dataclass(frozen=True)
class Submission:
    """``key`` is what the same form sent twice has in common.

    ``contact_id``: who was signed in; else ``email`` is a claim. ``held``: nothing may become of it until the
    address has been confirmed by mail. ``topic_id``, ``tags``, ``fields``: what answers fill of the ticket.
    """

    key: str
    email: str
    name: str = ""
    language: str = ""
    contact_id: int | None = None
    service_id: int | None = None
    subject: str = ""
    answers: Sequence[Mapping[str, Any]] = ()
    topic_id: int | None = None
    tags: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    held: bool = False
    source: str = "portal"  # or "frame", "plain"
    page: str = ""
    client: str = ""
    signs: Sequence[str] = ()
    files: Sequence[FileContent] = ()


def encode(submission: Submission) -> bytes:
    """As it is stored."""
    head = asdict(submission)
    head["version"] = VERSION
    head["files"] = [
        {"name": file.name, "content_type": file.content_type, "size": len(file.data)}
        for file in submission.files
    ]
    line = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return b"\n".join([line, b"".join(file.data for file in submission.files)])


def decode(raw: bytes) -> Submission:
    """What ``encode`` made. Raises ``BrokenSubmissionError`` for anything else."""
    line, _end, rest = raw.partition(b"\n")
    if len(line) > _LONGEST_HEAD:
        raise BrokenSubmissionError("the first line is too long")
    try:
        head = json.loads(line)
        if head.pop("version") != VERSION:
            raise BrokenSubmissionError("an unknown version")
        files, at = [], 0
        for file in head.pop("files"):
            size = int(file["size"])
            if size < 0 or at + size > len(rest):
                raise BrokenSubmissionError("a file is cut short")
            files.append(FileContent(str(file["name"]), str(file["content_type"]), rest[at : at + size]))
            at += size
        known = {name: head[name] for name in Submission.__dataclass_fields__ if name in head}
        submission = Submission(**known, files=files)
        _check(submission)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenSubmissionError(repr(error)[:400]) from error
    return submission


_PEEK = re.compile(rb'"(email|name|subject)":("(?:[^"\\]|\\.)*")')


def peek(head: bytes) -> dict[str, str]:
    """Subject and sender from the beginning of what was stored, for lists that do not read it all."""
    found = {"subject": "", "email": "", "name": ""}
    for name, value in reversed(_PEEK.findall(head.partition(b"\n")[0])):
        try:
            found[name.decode()] = str(json.loads(value))
        except ValueError:  # cut in the middle of a letter
            continue
    return found


def _check(submission: Submission) -> None:
    """JSON can hold anything: what the verbs need must be of its kind."""
    texts = (submission.key, submission.email, submission.name, submission.language, submission.subject)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is none")
    if not submission.email and submission.contact_id is None:
        raise ValueError("nobody is named")
    if not all(isinstance(answer, dict) for answer in submission.answers):
        raise TypeError("an answer is none")
    if not isinstance(submission.fields, dict) or not all(isinstance(tag, str) for tag in submission.tags):
        raise TypeError("fields or tags are none")
