"""Verbs for tags themselves: what one is called, and taking one off a ticket for good.

Whose tickets they are on is told by ``add_tag`` and ``remove_tag``; which rules and views name one, by the
screens above (``desk.settings.naming``).
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from common.text import one_line, storable
from journal.actor import Actor
from journal.events import Event, event
from journal.record import moment, record
from tickets import errors
from tickets.events import TagAdded, TagRemoved
from tickets.models import Tag, Tagging, Ticket

MAX_NAME = 60
NO_COMMA = gettext_noop(
    "A tag cannot have a comma in its name: where tags are typed, commas stand between them."
)
COLOURS = ("gray", "blue", "green", "amber", "orange", "red", "violet")


@event("tag")
class TagEdited(Event):
    """``changes`` maps a field to [old, new]."""

    tag_id: int
    changes: dict[str, list[str]]


@event("tag")
class TagMerged(Event):
    """Its tickets have ``into_id`` instead, ``count`` of them; the tag itself is gone."""

    tag_id: int
    name: str
    into_id: int
    into_name: str
    count: int


@event("tag")
class TagDropped(Event):
    """No ticket has it any more, ``count`` had it; the tag itself is gone."""

    tag_id: int
    name: str
    count: int


@transaction.atomic
def edit_tag(tag_id: int, *, name: str, colour: str, actor: Actor) -> Tag:
    """Call it otherwise, or give it another colour; its tickets keep it. Changing nothing records nothing.

    Raises ``Invalid``, also for the name of another tag: that would be a merge. A new name has no comma; one
    from before that was refused may stay.
    """
    tag = Tag.objects.select_for_update(no_key=True).get(pk=tag_id)
    name = one_line(storable(name), MAX_NAME)
    if not name:
        raise errors.Invalid("name", gettext_noop("A tag needs a name."))
    if "," in name and name != tag.name:
        raise errors.Invalid("name", NO_COMMA)
    if colour not in {*COLOURS, tag.colour}:
        raise errors.Invalid("colour", gettext_noop("There is no such colour."))
    wanted = {"name": name, "colour": colour}
    changes = {key: [getattr(tag, key), new] for key, new in wanted.items() if getattr(tag, key) != new}
    if not changes:
        return tag
    tag.name, tag.colour = name, colour
    try:
        with transaction.atomic():
            tag.save(update_fields=list(changes))
    except IntegrityError as error:
        words = gettext_noop("There is a tag “%(name)s” already. Merge this one into it instead.")
        raise errors.Invalid("name", words, name=name) from error
    record(TagEdited(tag.pk, changes), actor=actor)
    return tag


def check_addable(name: str) -> None:
    """Refuse beforehand what ``add_tag`` would refuse of a person.

    Raises ``Invalid`` for a name with a comma, unless there is such a tag.
    """
    if "," in name and not Tag.objects.filter(name__iexact=name).exists():
        raise errors.Invalid("tag", NO_COMMA)


@transaction.atomic
def move_tag(ticket_id: int, *, tag: Tag, into: Tag | None, actor: Actor, at: datetime | None = None) -> bool:
    """Give the ticket ``into`` instead of ``tag``, or take ``tag`` off; False if it had it no more.

    As ``remove_tag`` and ``add_tag``, but also on a ticket that was merged away: a tag that goes leaves none
    behind, and a merge that is undone later brings back a ticket with the tag there is.
    """
    ticket = Ticket.objects.lock(ticket_id)
    at = moment("ticket", ticket.pk, at)
    if not Tagging.objects.filter(ticket=ticket, tag=tag).delete()[0]:
        return False
    record(TagRemoved(ticket.pk, tag.pk, tag.name), actor=actor, at=at)
    if into is not None and Tagging.objects.get_or_create(ticket=ticket, tag=into)[1]:
        record(TagAdded(ticket.pk, into.pk, into.name), actor=actor, at=at)
    return True


@transaction.atomic
def forget_tag(tag_id: int, *, into: Tag | None, count: int, actor: Actor) -> bool:
    """Delete a tag that no ticket has any more; False, and nothing, while one has."""
    tag = Tag.objects.select_for_update().filter(pk=tag_id).first()
    if tag is None:
        return True
    if Tagging.objects.filter(tag=tag).exists():
        return False
    gone = TagMerged(tag.pk, tag.name, into.pk, into.name, count) if into else None
    record(gone or TagDropped(tag.pk, tag.name, count), actor=actor)
    tag.delete()
    return True
