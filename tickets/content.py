"""What somebody wrote, before it is a message: plain data that channels and forms hand to the verbs."""

from dataclasses import dataclass, field, replace
from typing import Any

from common.text import storable

MAX_TEXT = 2_000_000  # characters; a longer one is an attachment, not a message


@dataclass(frozen=True)
class FileContent:
    """A file that came with a message."""

    name: str
    content_type: str
    data: bytes
    is_inline: bool = False
    content_id: str = ""


@dataclass(frozen=True)
class Content:
    """``html`` must be sanitised already; ``quoted_*`` is the folded part; people are {name, address}.

    ``answers`` stand in ``text`` too, for all who only know texts.
    """

    text: str = ""
    quoted_text: str = ""
    html: str = ""
    quoted_html: str = ""
    remote_images: int = 0
    subject: str = ""
    sender: dict[str, str] | None = None
    to: list[dict[str, str]] = field(default_factory=list)
    cc: list[dict[str, str]] = field(default_factory=list)
    files: list[FileContent] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)  # tickets.answers: what a form asked

    def storable(self) -> "Content":
        """The same, as PostgreSQL can hold it: no NUL, no lone surrogates, bounded."""
        return replace(
            self,
            text=storable(self.text)[:MAX_TEXT],
            quoted_text=storable(self.quoted_text)[:MAX_TEXT],
            html=storable(self.html)[: 2 * MAX_TEXT],
            quoted_html=storable(self.quoted_html)[: 2 * MAX_TEXT],
            subject=storable(self.subject)[:400],
            sender=_person(self.sender) if self.sender else None,
            to=[_person(person) for person in self.to],
            cc=[_person(person) for person in self.cc],
        )

    @property
    def is_empty(self) -> bool:
        return not (self.text.strip() or self.quoted_text.strip() or self.html.strip() or self.files)


def _person(person: dict[str, Any]) -> dict[str, str]:
    found = {
        "name": storable(str(person.get("name") or ""))[:200],
        "address": storable(str(person.get("address") or ""))[:320],
    }
    # The conversation a reply goes into (channels_in.ways).
    return found | ({"thread": str(person["thread"])[:20]} if person.get("thread") else {})
