"""What each action of a rule does, through the verbs. The caller holds the ticket's lock and a savepoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext_noop

from common import clock
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from people.models import Membership, Team, User
from routing import assignment, hours, scheduled, texts
from routing.actions import OF_TICKET
from routing.events import RuleReplyRequested
from routing.models import Rule
from sla.commands import make_promise
from tickets import commands, errors
from tickets.content import Content
from tickets.events import NoticeRequested, WebhookRequested
from tickets.models import CustomField, Service, Status, Ticket, Topic
from tickets.status import in_use

NOTICE = "rule"  # the kind of notice that a rule sends


@dataclass(frozen=True)
class Doing:
    """Which rule does it, to what, and because of what; ``position`` among the rule's actions."""

    ticket_id: int
    rule_id: int
    version_id: int
    position: int
    entry: Entry
    actor: Actor

    def ticket(self) -> Ticket:
        """As it is now, with whatever the actions before have changed."""
        return Ticket.objects.select_related("team", "assignee", "requester", "brand").get(pk=self.ticket_id)


Perform = Callable[[Mapping[str, Any], Doing], dict[str, Any]]


def _set_priority(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    commands.set_priority(doing.ticket_id, priority=action["value"], actor=doing.actor)
    return {}


def _set_status(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    status = in_use(_existing(Status, action["value"]))  # the rules may have been read before
    commands.set_status(doing.ticket_id, status=status, actor=doing.actor)
    return {}


def _existing(model: Any, pk: int) -> Any:
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise errors.Invalid("value", gettext_noop("What the rule names is not there any more."))
    return found


def _optional(model: Any, pk: int | None) -> Any:
    return _existing(model, pk) if pk is not None else None


def _set_team(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    team = _optional(Team, action["value"])
    commands.set_team(doing.ticket_id, team=team, actor=doing.actor)
    return {}


def _set_topic(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    topic = _optional(Topic, action["value"])
    commands.set_topic(doing.ticket_id, topic=topic, actor=doing.actor)
    return {}


def _set_service(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    service = _optional(Service, action["value"])
    commands.set_service(doing.ticket_id, service=service, actor=doing.actor)
    return {}


def _set_field(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    field = CustomField.objects.filter(key=action["key"]).first()
    if field is None:
        raise errors.Invalid("key", gettext_noop("What the rule names is not there any more."))
    commands.set_attribute(doing.ticket_id, field=field, value=action["value"], actor=doing.actor)
    return {}


def _tag(verb: Callable[..., Ticket], action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    for name in action["value"]:
        verb(doing.ticket_id, name=name, actor=doing.actor)
    return {}


def _assign(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    team = _optional(Team, action["team"])
    if team is not None:
        commands.set_team(doing.ticket_id, team=team, actor=doing.actor)
    language = action["language"]
    if language == OF_TICKET:
        language = doing.ticket().language
    chosen = assignment.assign_by_strategy(
        doing.ticket_id,
        team=team,
        strategy=action["strategy"] or None,
        skills=tuple(action["skills"]),
        language=language or None,
        actor=doing.actor,
    )
    return {"user_id": chosen.pk} if chosen is not None else {"result": "waiting"}


def _assign_to(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    commands.assign(doing.ticket_id, to=_existing(User, action["user"]), actor=doing.actor)
    return {}


def _unassign(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    commands.assign(doing.ticket_id, to=None, actor=doing.actor)
    return {}


def _follow(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    user = _existing(User, action["user"])
    if not user.works_at_desk:
        raise errors.Invalid("user", gettext_noop("%(name)s does not work at the desk."), name=user)
    commands.follow(doing.ticket_id, user=user, actor=doing.actor)
    return {}


def _reply(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    """Written in a transaction of its own, since the budget for automatic mail is locked before any ticket.

    So it comes after the rule's other actions, and knows whom they have assigned.
    """
    record(
        RuleReplyRequested(
            doing.ticket_id, doing.rule_id, doing.version_id, doing.position, dict(action["text"])
        ),
        actor=doing.actor,
    )
    return {"result": "planned"}


def _note(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    text, missing = texts.filled(action["text"], doing.ticket())
    name = Rule.objects.values_list("name", flat=True).get(pk=doing.rule_id)
    commands.post_note(
        doing.ticket_id, user=None, content=Content(text=text), actor=doing.actor, author_name=name
    )
    return _missing(missing)


def _missing(missing: list[str]) -> dict[str, Any]:
    return {"missing": missing} if missing else {}


def _notify(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    ticket = doing.ticket()
    people = _people(action["who"], ticket)
    if not people:
        return {"result": "nobody"}
    text, missing = texts.filled(action["text"], ticket)
    data = {
        "rule_id": doing.rule_id,
        "because": doing.entry.kind,
        "target": doing.entry.data.get("target", ""),
    }
    record(NoticeRequested(ticket.pk, people, NOTICE, text, data), actor=doing.actor)
    return {"user_ids": people} | _missing(missing)


def _people(who: list[int | str], ticket: Ticket) -> list[int]:
    """Everybody meant, once, as long as they work here."""
    wanted = {one for one in who if isinstance(one, int)}
    if "assignee" in who and ticket.assignee_id is not None:
        wanted.add(ticket.assignee_id)
    members = (
        Membership.objects.filter(team_id=ticket.team_id) if ticket.team_id else Membership.objects.none()
    )
    if "team" in who:
        wanted |= set(members.values_list("user_id", flat=True))
    elif "leads" in who:
        wanted |= set(members.filter(is_lead=True).values_list("user_id", flat=True))
    return list(User.objects.staff().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))


def _promise(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    ticket = doing.ticket()
    if ticket.assignee is None:
        raise errors.Invalid(
            "promise", gettext_noop("Nobody has the ticket, so nobody can promise anything.")
        )
    now = clock.now()
    due_at = hours.later(now, action["seconds"], business=action["business"], team=ticket.team)
    text, missing = texts.filled(action["text"], ticket)
    make_promise(ticket.pk, user=ticket.assignee, due_at=due_at, text=text, actor=doing.actor)
    return {"due_at": due_at} | _missing(missing)


def _snooze(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    team = doing.ticket().team
    until = hours.later(clock.now(), action["seconds"], business=action["business"], team=team)
    commands.snooze(doing.ticket_id, until=until, actor=doing.actor)
    return {"due_at": until}


def _webhook(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    data = {"rule_id": doing.rule_id, "because": doing.entry.kind, "entry_id": doing.entry.pk}
    record(
        WebhookRequested(doing.ticket_id, action["webhook_id"], f"rule:{doing.rule_id}", data),
        actor=doing.actor,
    )
    return {}


def _close_after(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    team = doing.ticket().team
    due_at = hours.later(clock.now(), action["seconds"], business=action["business"], team=team)
    scheduled.plan(doing.ticket_id, doing.rule_id, doing.version_id, doing.entry, dict(action), due_at)
    return {"result": "planned", "due_at": due_at}


def _escalate(action: Mapping[str, Any], doing: Doing) -> dict[str, Any]:
    ticket = doing.ticket()
    team = _optional(Team, action["team"]) or (ticket.team.escalates_to if ticket.team else None)
    if team is None:
        raise errors.Invalid("team", gettext_noop("The ticket's team has no further line to pass it to."))
    reason, missing = texts.filled(action["reason"], ticket)
    commands.escalate(ticket.pk, team=team, reason=reason, actor=doing.actor)
    return {"team_id": team.pk} | _missing(missing)


PERFORM: dict[str, Perform] = {
    "set_priority": _set_priority,
    "set_status": _set_status,
    "set_team": _set_team,
    "set_topic": _set_topic,
    "set_service": _set_service,
    "set_field": _set_field,
    "add_tags": partial(_tag, commands.add_tag),
    "remove_tags": partial(_tag, commands.remove_tag),
    "assign": _assign,
    "assign_to": _assign_to,
    "unassign": _unassign,
    "follow": _follow,
    "reply": _reply,
    "note": _note,
    "notify": _notify,
    "promise": _promise,
    "snooze": _snooze,
    "webhook": _webhook,
    "close_after": _close_after,
    "escalate": _escalate,
}
