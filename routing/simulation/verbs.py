"""The verbs of ``tickets.commands`` on copies: the same conditions, changes and events."""

from datetime import datetime
from typing import Any

from common.text import one_line, storable
from routing.simulation.copies import Copy, Spoken
from routing.simulation.world import Refused, World
from tickets import errors
from tickets.commands.attributes import clean
from tickets.commands.hiding import LONGEST_SNOOZE
from tickets.models import Category
from tickets.status import may_go


def begin(world: World, copy: Copy, at: datetime | None) -> datetime:
    if copy.merged_into is not None:
        raise Refused
    return at or world.moment(copy)


def assign(world: World, copy: Copy, user_id: int | None, at: datetime | None = None) -> None:
    at = begin(world, copy, at)
    if copy.assignee == user_id:
        return
    if user_id is not None:
        person = world.staff.people.get(user_id)
        if person is None or not person.works_at_desk:
            raise Refused
    old, copy.assignee = copy.assignee, user_id
    if user_id is None:
        copy.active_at = max(copy.active_at, at)
    else:
        copy.touched_at = max(copy.touched_at or at, at)
    world.touch(copy)
    data = {"old_assignee_id": old, "new_assignee_id": user_id, "team_id": copy.team}
    world.emit(copy, "ticket_assigned", data, at)


def set_team(world: World, copy: Copy, team_id: int | None, at: datetime | None = None) -> None:
    at = begin(world, copy, at)
    if copy.team == team_id:
        return
    if team_id is not None and team_id not in world.staff.teams:
        raise Refused
    old, copy.team = copy.team, team_id
    copy.active_at = max(copy.active_at, at)
    world.touch(copy)
    world.emit(copy, "team_changed", {"old_team_id": old, "new_team_id": team_id}, at)


def set_status(world: World, copy: Copy, status: int, at: datetime | None = None) -> None:
    at = begin(world, copy, at)
    if copy.status == status:
        return
    new = world.reference.statuses.get(status)
    if new is None or not may_go(Category(copy.category), Category(new)):
        raise Refused
    old_status, old = copy.status, copy.category
    copy.status, copy.category, copy.status_at = status, new, at
    copy.active_at = max(copy.active_at, at)
    if new >= Category.RESOLVED:
        if old < Category.RESOLVED:
            copy.resolved_at = at
        copy.waiting_since = copy.snoozed_until = None
    else:
        copy.resolved_at = None
    world.touch(copy)
    data = {"old_status_id": old_status, "new_status_id": status, "old_category": old, "new_category": new}
    world.emit(copy, "status_changed", data, at)


def default_status(world: World, category: int) -> int:
    return world.reference.defaults[category]


def set_field(world: World, copy: Copy, name: str, value: Any, at: datetime | None = None) -> None:
    """Priority, topic, service or subject."""
    at = begin(world, copy, at)
    if (
        name == "topic"
        and value is not None
        and world.reference.topics.get(value, 0) not in {None, copy.brand}
    ):
        raise Refused
    if name == "service" and value is not None and value not in world.reference.services:
        raise Refused
    old = getattr(copy, name)
    if old == value:
        return
    setattr(copy, name, value)
    world.touch(copy)
    world.emit(copy, "field_changed", {"field": name, "old": old, "new": value}, at)


def set_attribute(world: World, copy: Copy, key: str, value: Any, at: datetime | None = None) -> None:
    at = begin(world, copy, at)
    field = world.reference.fields.get(key)
    if field is None or field.brand_id not in {None, copy.brand}:
        raise Refused
    try:
        value = clean(field, value)
    except errors.Invalid as error:
        raise Refused from error
    write_attribute(world, copy, key, value, at)


def write_attribute(world: World, copy: Copy, key: str, value: Any, at: datetime) -> None:
    """A value in its stored form."""
    old = copy.attributes.get(key)
    if old == value and type(old) is type(value):
        return
    if value is None:
        copy.attributes.pop(key, None)
    else:
        copy.attributes[key] = value
    world.touch(copy)
    world.emit(copy, "attribute_changed", {"key": key, "old": old, "new": value}, at)


def add_tag(world: World, copy: Copy, name: str, at: datetime | None = None) -> None:
    name = one_line(storable(name), 60)
    if not name:
        raise Refused
    at = begin(world, copy, at)
    if name.lower() in copy.tags:
        return
    copy.tags[name.lower()] = name
    world.touch(copy)
    world.emit(copy, "tag_added", {"name": name}, at)


def remove_tag(world: World, copy: Copy, name: str, at: datetime | None = None) -> None:
    at = begin(world, copy, at)
    if copy.tags.pop(name.lower(), None) is not None:
        world.touch(copy)
        world.emit(copy, "tag_removed", {"name": name}, at)


def snooze(world: World, copy: Copy, until: datetime, at: datetime | None = None) -> None:
    at = begin(world, copy, at)
    if copy.snoozed_until == until:
        return
    if not world.now < until <= world.now + LONGEST_SNOOZE or not copy.is_open:
        raise Refused
    copy.snoozed_until = until
    world.touch(copy)
    world.emit(copy, "ticket_snoozed", {"until": until.isoformat()}, at)


def wake(world: World, copy: Copy, at: datetime | None = None) -> None:
    at = begin(world, copy, at)
    if copy.snoozed_until is None:
        return
    copy.snoozed_until = None
    copy.active_at = max(copy.active_at, at)
    world.touch(copy)
    world.emit(copy, "ticket_woken", {}, at)


def escalate(world: World, copy: Copy, team_id: int, at: datetime | None = None) -> None:
    team = world.staff.teams.get(team_id)
    if team is None or not team.is_active:
        raise Refused
    at = begin(world, copy, at)
    if copy.team == team_id:
        return
    world.emit(copy, "ticket_escalated", {"from_team_id": copy.team, "to_team_id": team_id}, at)
    set_team(world, copy, team_id, at)
    assign(world, copy, None, at)


def receive(world: World, copy: Copy, data: dict[str, Any], at: datetime, *, is_thanks: bool) -> None:
    """A message of the customer, or with ``side_thread_id`` of an outsider."""
    is_side = data.get("side_thread_id") is not None
    _count(copy)
    copy.active_at = max(copy.active_at, at)
    if not is_side:
        copy.spoken.append(Spoken(data["message_id"], at, is_reply=False, is_thanks=is_thanks))
        copy.last_message = max(copy.last_message or 0, data["message_id"])
        if not is_thanks:
            copy.waiting_since = copy.waiting_since or at
            copy.snoozed_until = None
    world.touch(copy)
    world.emit(copy, "message_received", {**data, "is_thanks": is_thanks}, at)
    if not is_side and not is_thanks:
        _reopen(world, copy, at)


def _count(copy: Copy, number: int = 1) -> None:
    copy.own_count += number
    copy.message_count += number


def _reopen(world: World, copy: Copy, at: datetime) -> None:
    if copy.category not in {Category.NEW, Category.OPEN}:
        set_status(world, copy, default_status(world, Category.OPEN), at)
        if copy.waiting_since is None:
            copy.waiting_since = at


def undo_thanks(world: World, copy: Copy, data: dict[str, Any], at: datetime) -> None:
    said = next((one for one in copy.spoken if one.message_id == data["message_id"]), None)
    if said is None or not said.is_thanks:
        return
    said.is_thanks = False
    world.emit(copy, "thanks_undone", data, at)
    copy.waiting_since = copy.waiting_since or said.at
    world.touch(copy)
    _reopen(world, copy, at)


def reply(world: World, copy: Copy, data: dict[str, Any], at: datetime) -> None:
    is_side = data.get("side_thread_id") is not None
    _count(copy)
    copy.active_at = max(copy.active_at, at)
    if not is_side:
        copy.spoken.append(Spoken(data["message_id"], at, is_reply=True))
        copy.waiting_since = None
    world.touch(copy)
    world.emit(copy, "reply_posted", data, at)


def open_replied(world: World, copy: Copy, at: datetime) -> None:
    """What a reply does to a new ticket, unless it sets a status itself."""
    if copy.category == Category.NEW:
        set_status(world, copy, default_status(world, Category.OPEN), at)


def add_message(world: World, copy: Copy, kind: str, data: dict[str, Any], at: datetime) -> None:
    """A note or a machine's mail; an automatic message of ours is no activity."""
    _count(copy)
    if kind == "note_posted":
        copy.touched_at = max(copy.touched_at or at, at)
    elif kind != "automatic_posted":
        copy.active_at = max(copy.active_at, at)
    world.touch(copy)
    world.emit(copy, kind, data, at)


def withdraw_reply(world: World, copy: Copy, data: dict[str, Any], at: datetime) -> None:
    for said in copy.spoken:
        if said.message_id == data["message_id"]:
            said.is_withdrawn = True
    copy.own_count -= 1
    recount(world, copy)
    world.emit(copy, "reply_withdrawn", data, at)


def recount(world: World, copy: Copy) -> None:
    """As ``tickets.commands.posting.recount``."""
    family = family_of(world, copy)
    copy.message_count = sum(one.own_count for one in family)
    said = [one for member in family for one in member.spoken if not one.is_withdrawn and not one.is_thanks]
    last = max(((one.at, one.message_id) for one in said if one.is_reply), default=None)
    unanswered = [
        one.at
        for one in said
        if not one.is_reply and (last is None or (one.at >= last[0] and one.message_id >= last[1]))
    ]
    copy.waiting_since = min(unanswered, default=None) if copy.is_open else None
    world.touch(copy)


def family_of(world: World, copy: Copy) -> list[Copy]:
    """The copy and all that was merged into it."""
    found = {copy.id: copy}
    waiting = [copy.id]
    while waiting:
        for pk in world.merged.get(waiting.pop(), ()):
            if pk not in found and pk in world.copies:
                found[pk] = world.copies[pk]
                waiting.append(pk)
    return list(found.values())


def split(world: World, copy: Copy, new_id: int, message_ids: list[int]) -> None:
    """Messages that were taken out into another ticket."""
    new, taken = world.copies.get(new_id), set(message_ids)
    moved = [one for one in copy.spoken if one.message_id in taken]
    copy.spoken = [one for one in copy.spoken if one.message_id not in taken]
    copy.own_count -= len(taken)
    for one in (copy, *([new] if new else [])):
        if one is new:
            one.spoken += moved
            one.own_count += len(taken)
        one.last_message = max((said.message_id for said in one.spoken if not said.is_reply), default=None)
        recount(world, one)
