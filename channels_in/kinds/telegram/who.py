"""Who writes, and in which language they are spoken to."""

from django.conf import settings

from channels_in.kinds.telegram.parsing import Person
from channels_in.models import Inbox
from channels_in.protocol import Sender
from people.models import Contact, Identity

SPOKEN = frozenset(code for code, _name in settings.LANGUAGES)


def sender_of(person: Person) -> Sender:
    """Telegram vouches for its own numbers. A person without a name is called by their username.

    A group that speaks for itself is nobody's account, but the same one each time.
    """
    name = person.name or (f"@{person.username}" if person.username else "")
    is_account = person.id > 0
    return Sender(
        kind=Identity.Kind.TELEGRAM if is_account else Identity.Kind.EXTERNAL,
        value=str(person.id) if is_account else f"telegram:{person.id}",
        name=name,
        language=person.language.partition("-")[0].lower()[:8],
        is_verified=True,
    )


def language_for(contact: Contact, inbox: Inbox, person: Person | None = None) -> str:
    """The customer's language, where we speak it; else their app's, else the brand's."""
    app = person.language.partition("-")[0].lower() if person else ""
    for language in (contact.person.language, app, inbox.brand.language):
        if language in SPOKEN:
            return language
    return settings.LANGUAGE_CODE
