"""Plays the stories: every act is a verb with ``at``, as it would have been on that day."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common import clock
from common.html import count_remote, sanitise
from helpdesk.demo import samples
from helpdesk.demo.attributes import values_of
from helpdesk.demo.company import PRIORITIES, Company, person
from helpdesk.demo.post import Post
from helpdesk.demo.pulse import Pulse
from helpdesk.demo.script import Act, Story
from helpdesk.demo.service import Service
from journal.actor import Actor
from journal.models import Entry
from people.models import Contact, User
from tickets import commands
from tickets.content import Content
from tickets.models import Category, Message, Ticket

INTAKE = Actor.system("intake")
# Since when the inboxes acknowledge what comes in.
ACKNOWLEDGED = timedelta(days=14)
# Since when agents note order, machine and plan in fields of their own.
FIELDS = timedelta(days=30)
QUOTING = 0.4  # of the customers' answers carry what they answer

_ACKNOWLEDGEMENT = {
    "ru": "Здравствуйте! Мы получили ваше обращение, его номер {number}. Ответим, как только разберёмся; "
    "чтобы добавить что-нибудь, просто ответьте на это письмо.",
    "en": "Hello, we have received your message; its number is {number}. We will answer as soon as we have "
    "looked into it. To add anything, simply reply to this mail.",
}


@dataclass
class Played:
    """What has become of a story so far."""

    ticket_id: int
    requester: Contact
    last_public: Message | None = None
    colleague: dict[str, Any] | None = None
    is_taken: bool = False
    messages: list[Message] = field(default_factory=list)


class Stage:
    """Performs acts in the order they are given."""

    def __init__(
        self, company: Company, service: Service, pulse: Pulse, *, now: datetime, seed: int = 11
    ) -> None:
        self.company = company
        self.service = service
        self.pulse = pulse
        self.now = now
        self.lots = random.Random(seed)
        self.post = Post(company)
        self.played: dict[int, Played] = {}

    def perform(self, act: Act) -> None:
        """One act; what has to go before it (opening, taking over) is done just before."""
        story = act.ticket
        self.pulse.advance(act.at)
        played = self.played.get(id(story))
        with self.pulse.at(played.ticket_id if played else None, act.at):
            if played is None:
                played = self.played[id(story)] = self._open(story, act)
            self._act(act, played)
        self.pulse.follow(played.ticket_id)
        if act is story.acts[-1]:
            self._finish(story, played)

    def _act(self, act: Act, played: Played) -> None:
        story = act.ticket
        match act.step["who"]:
            case "contact":
                self._message(act, played, story.contact)
            case "cc":
                self._message(act, played, played.colleague or story.contact)
            case "agent":
                self._reply(act, played)
            case "note" | "expert":
                self._note(act, played)
            case "assign":
                self._hand_over(act, played)
            case "priority":
                commands.set_priority(
                    played.ticket_id,
                    priority=PRIORITIES[act.step["set"]],
                    actor=self._actor(story.agent),
                    at=act.at,
                )
            case "status":
                self._set_status(act, played, act.step["set"])
            case "tag":
                commands.add_tag(
                    played.ticket_id, name=act.step["set"], actor=self._actor(story.agent), at=act.at
                )
            case "participant":
                self._join(act, played)

    def _finish(self, story: Story, played: Played) -> None:
        """What the story says of its end, where the verbs have not brought it there already."""
        end = min(story.acts[-1].at + timedelta(minutes=self.lots.randint(4, 40)), self.now)
        ticket = Ticket.objects.only("category").get(pk=played.ticket_id)
        status = ""
        if story.is_over and ticket.is_open:
            status = "resolved"
        elif story.scenario["outcome"] == "on_hold" and ticket.category < Category.ON_HOLD:
            status = "on_hold"
        if status:
            with self.pulse.at(ticket.pk, end):
                commands.set_status(
                    ticket.pk, status=self.company.statuses[status], actor=self._actor(story.agent), at=end
                )

    # --- the acts ---------------------------------------------------------------------------------

    def _open(self, story: Story, act: Act) -> Played:
        company, scenario = self.company, story.scenario
        requester = company.contacts[story.contact["email"]]
        direct = story.channel == "form" or self.lots.random() < 0.5
        team = company.teams[scenario["team"] if direct else "first-line"]
        known = story.channel == "form" or story.is_current
        ticket = commands.open_ticket(
            brand=company.brands[story.brand],
            channel=story.channel,
            requester=requester,
            subject=self._fill(act, story.subject),
            actor=INTAKE if story.channel == "email" else Actor.contact(requester),
            team=team,
            topic=company.topics[story.brand, scenario["topic"]] if known else None,
            priority=PRIORITIES[scenario["priority"]] if known else PRIORITIES["normal"],
            language=scenario["language"],
            at=act.at,
        )
        return Played(ticket.pk, requester)

    def _set_status(self, act: Act, played: Played, name: str) -> None:
        at = act.at + timedelta(minutes=1 if act.step["who"] != "status" else 0)
        status, actor = self.company.statuses[name], self._actor(act.ticket.agent)
        with clock.telling(at):
            commands.set_status(played.ticket_id, status=status, actor=actor, at=at)

    def _take(self, act: Act, played: Played) -> None:
        """Before the first word of ours: the right team, topic, priority, tags, and somebody who holds it."""
        story, scenario = act.ticket, act.ticket.scenario
        if played.is_taken or scenario.get("assigned") == "no":
            return
        played.is_taken = True
        ticket = Ticket.objects.get(pk=played.ticket_id)
        number, was_given = ticket.pk, self._was_given(story, ticket)
        actor = self._actor(story.agent)
        last = Entry.objects.filter(stream_type="ticket", stream_id=number).latest("sequence")
        at = max(last.happened_at, act.at - timedelta(minutes=self.lots.randint(2, 12)))
        if not was_given:
            commands.set_team(number, team=self.company.teams[scenario["team"]], actor=actor, at=at)
            commands.assign(number, to=self.company.users[story.agent], actor=actor, at=at)
        topic = self.company.topics[story.brand, scenario["topic"]]
        commands.set_topic(number, topic=topic, actor=actor, at=at)
        priority = max(PRIORITIES[scenario["priority"]], ticket.priority)
        commands.set_priority(number, priority=priority, actor=actor, at=at)
        for name in scenario["tags"]:
            commands.add_tag(number, name=name, actor=actor, at=at)
        if self.now - act.at < FIELDS:
            for key, value in values_of(story, ticket.organization).items():
                field = self.service.fields[key]
                commands.set_attribute(number, field=field, value=value, actor=actor, at=at)

    def _was_given(self, story: Story, ticket: Ticket) -> bool:
        """Whether a rule has found somebody for it already; the story is then theirs, if it can be."""
        holder = next((key for key, user in self.company.users.items() if user.pk == ticket.assignee_id), "")
        one = next((one for one in self.company.content["agents"] if one["key"] == holder), None)
        scenario = story.scenario
        if one is None or any("by" in step for step in scenario["steps"] if step["who"] == "agent"):
            return holder == story.agent
        if scenario["language"] in one["languages"] and story.brand in one["brands"]:
            story.agent = holder
        return holder == story.agent

    def _message(self, act: Act, played: Played, who: dict[str, Any]) -> None:
        story, contact = act.ticket, self.company.contacts[who["email"]]
        quoted = self._quote(act, played) if story.channel == "email" else ""
        html = sanitise(act.step["html"]) if "html" in act.step else ""
        content = Content(
            text=self._fill(act, act.text),
            quoted_text=quoted,
            html=html,
            remote_images=count_remote(html),
            subject=self._fill(act, story.subject),
            sender={"name": who["name"], "address": who["email"]},
            to=[{"name": "", "address": self.company.inboxes[story.brand].address}],
            files=self._files(act),
        )
        message = commands.receive_message(
            played.ticket_id,
            content=content,
            contact=contact,
            actor=INTAKE if story.channel == "email" else Actor.contact(contact),
            channel=story.channel,
            automatic_kind="auto-reply" if act.step.get("auto") else "",
            at=act.at,
        )
        if story.channel == "email":
            self.post.received(message, content, story.brand, answers=played.last_public)
        first = not played.messages
        played.messages.append(message)
        played.last_public = message
        if first and self.now - act.at < ACKNOWLEDGED:
            self._acknowledge(act, played)
        if name := act.step.get("status"):  # read, and closed without a reply
            self._take(act, played)
            self._set_status(act, played, name)

    def _acknowledge(self, act: Act, played: Played) -> None:
        text = _ACKNOWLEDGEMENT[act.ticket.scenario["language"]].format(number=f"#{played.ticket_id}")
        at = act.at + timedelta(seconds=2)
        with clock.telling(at):
            message = commands.post_automatic(
                played.ticket_id, content=Content(text=text), actor=INTAKE, at=at
            )
        self.post.sent(message, act.ticket.brand)

    def _reply(self, act: Act, played: Played) -> None:
        self._take(act, played)
        key = act.step.get("by") or act.ticket.agent
        status = act.step.get("status")
        message = commands.post_reply(
            played.ticket_id,
            user=self.company.users[key],
            content=Content(text=self._fill(act, act.text, key), files=self._files(act)),
            status=self.company.statuses[status] if status else None,
            at=act.at,
        )
        self.post.sent(message, act.ticket.brand)
        played.messages.append(message)
        played.last_public = message

    def _note(self, act: Act, played: Played) -> None:
        self._take(act, played)
        expert = act.step["who"] == "expert"
        key = "gleb" if expert else act.step.get("by") or act.ticket.agent
        user: User = self.company.users[key]
        if expert:  # he sees only what he follows
            commands.follow(played.ticket_id, user=user, actor=self._actor(act.ticket.agent), at=act.at)
        text = self._fill(act, act.text, key)
        message = commands.post_note(
            played.ticket_id, user=user, content=Content(text=text, files=self._files(act)), at=act.at
        )
        played.messages.append(message)

    def _hand_over(self, act: Act, played: Played) -> None:
        self._take(act, played)
        actor = self._actor(act.ticket.agent)
        commands.set_team(played.ticket_id, team=self.company.teams[act.step["team"]], actor=actor, at=act.at)
        if agent := act.step.get("agent"):
            commands.assign(played.ticket_id, to=self.company.users[agent], actor=actor, at=act.at)

    def _join(self, act: Act, played: Played) -> None:
        """Somebody of the customer's company is put in copy."""
        organization = act.ticket.contact["organization"]
        others = [
            one
            for one in self.company.content["contacts"]
            if one["organization"] == organization and one["email"] != act.ticket.contact["email"]
        ]
        if organization and others:
            played.colleague = others[0]
            commands.add_participant(
                played.ticket_id,
                contact=self.company.contacts[others[0]["email"]],
                actor=self._actor(act.ticket.agent),
                at=act.at,
            )

    # --- words and files --------------------------------------------------------------------------

    def _actor(self, key: str) -> Actor:
        return Actor.user(self.company.users[key])

    def _fill(self, act: Act, text: str, agent: str = "") -> str:
        story = act.ticket
        if act.step.get("literal") or story.scenario.get("literal"):
            return text
        organization = self.company.contacts[story.contact["email"]].organization
        author = self.company.persons[agent or story.agent]
        name = organization.name if organization else ""
        to = person(story.contact)
        return story.filler.fill(text, to=to, agent=author, organization=name, at=story.opened_at)

    def _quote(self, act: Act, played: Played) -> str:
        last = played.last_public
        if last is None or not (act.step.get("quote") or self.lots.random() < QUOTING):
            return ""
        local = last.created_at.astimezone(act.ticket.filler.zone)
        lines = "\n".join(f"> {line}".rstrip() for line in last.text.splitlines())
        if act.ticket.scenario["language"] == "ru":
            return f"{local:%d.%m.%Y %H:%M}, {last.author_name} пишет:\n{lines}"
        return f"On {local:%d %b %Y at %H:%M}, {last.author_name} wrote:\n{lines}"

    def _files(self, act: Act) -> list[Any]:
        return [samples.make(one["name"], one["kind"], one["about"]) for one in act.files]
