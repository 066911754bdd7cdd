"""One of everything that an office at the desk has, to be multiplied (``tests.support.many``)."""

from __future__ import annotations

from datetime import date, timedelta

from calendars.starter import make_calendar
from channels_in.bots import commands as bots
from channels_in.bots.starter import example
from channels_in.form_fields import add_field
from channels_in.models import (
    BlockedSender,
    BotFlowVersion,
    ChatWidget,
    Inbound,
    Inbox,
    Outbound,
    ServiceForm,
    TelegramBot,
    WebForm,
)
from channels_in.web_forms import need_form_of_brand
from common import clock
from desk.models import RecentSearch
from journal.actor import Actor
from journal.models import Entry
from notifications.models import Notice, WebhookCall
from notifications.webhooks.commands import create_webhook
from people.models import Absence, ExtraTime, Identity, Membership, Shift, Skill, StaffRole
from routing.commands import save_rule
from routing.models import RuleVersion, Simulation, Waiting
from sla.models import Clock, PolicyVersion
from sla.starter import make_policy
from tickets import commands
from tickets.commands.broadcasts import Addressee
from tickets.commands.catalogue import create_service
from tickets.content import Content, FileContent
from tickets.models import (
    Attachment,
    BulkItem,
    BulkJob,
    CustomField,
    Follower,
    LaterReply,
    Link,
    Macro,
    Message,
    Participant,
    SideThread,
    Tag,
    Tagging,
    Topic,
    View,
)

SYSTEM = Actor.system("seed")


class Office:
    """One of everything: ``rows`` refer to each other, ``hanging`` are what one ticket has."""

    def __init__(self, world) -> None:
        now = clock.now()
        self.ids: dict[str, object] = {}
        self.bot_inbox = self.custom_field = 0
        self.ticket = world.ticket("Кофе остыл", team=world.first_line, assignee=world.anna)
        self.rows = [
            *self._people(world, now),
            *self._ways(world, now),
            *self._rules(world, now),
            *self._work(world, now),
        ]
        self.hanging = self._hanging(world, now)

    def knows(self, **ids: object) -> None:
        self.ids |= ids

    def _people(self, world, now):
        version = make_calendar(zone="UTC", actor=SYSTEM)
        skill = Skill.objects.create(labels={"en": "Espresso"})
        user, team = world.boris, world.second_line
        span = {"starts_at": now, "ends_at": now + timedelta(days=1), "created_at": now, "user": user}
        shift = Shift.objects.create(
            user=user, calendar=version.calendar, valid_from=date(2026, 1, 1), created_at=now
        )
        absence, extra = Absence.objects.create(**span), ExtraTime.objects.create(**span)
        identity = Identity.objects.get(contact=world.vera)
        self.knows(
            calendar_id=version.calendar_id,
            skill_id=skill.pk,
            role_id=StaffRole.objects.get(key="manager").pk,
            user_id=user.pk,
            team_id=team.pk,
            shift_id=shift.pk,
            absence_id=absence.pk,
            extra_time_id=extra.pk,
            contact_id=world.vera.pk,
            organization_id=world.organization.pk,
            identity_id=identity.pk,
            claim_id=0,
        )
        return [
            version.calendar,
            version,
            skill,
            team,
            user,
            Membership.objects.get(user=user),
            shift,
            absence,
            extra,
            world.organization,
            world.vera,
            identity,
        ]

    def _ways(self, world, now):
        brand = world.other_brand
        form = need_form_of_brand(brand, actor=SYSTEM)
        service = create_service(
            actor=SYSTEM, brand=brand, labels={"en": "Repair"}, descriptions={}, icon="tool", keywords=""
        )
        field = add_field(service.pk, actor=SYSTEM, kind="text", key="serial", labels={"en": "Serial number"})
        flow = bots.make_flow(name="First", definition=example(), actor=SYSTEM)
        bots.publish(flow.pk, actor=SYSTEM)
        chat = Inbox.objects.create(kind="chat", brand=brand, name="Chat", team=world.first_line)
        telegram = Inbox.objects.create(kind="telegram", brand=brand, name="Bot", team=world.first_line)
        widget = ChatWidget.objects.create(inbox=chat, bot=flow)
        bot = TelegramBot.objects.create(
            inbox=telegram, bot_id=7, username="bot", token="7:x", secret="x", path_key="x"
        )
        self.bot_inbox = telegram.pk
        raw = {"raw": b"Subject: x\r\n\r\nx", "size": 16, "via": "smtp", "received_at": now}
        inbound = Inbound.objects.create(
            inbox=world.inbox,
            external_id="x@y",
            content_hash="0" * 64,
            status="quarantined",
            cause="too-large",
            **raw,
        )
        reply = world.reply(self.ticket, "Уже едет")
        outbound = Outbound.objects.filter(message=reply).first() or Outbound.objects.create(
            message=reply, inbox=world.inbox, external_id="a@b", not_before=now
        )
        Outbound.objects.filter(pk=outbound.pk).update(status="failed", attempts=8)
        blocked = BlockedSender.objects.create(pattern="@spam.example")
        topic = Topic.objects.create(labels={"en": "Coffee"})
        (version,) = BotFlowVersion.objects.filter(flow=flow)
        self.knows(
            brand_id=brand.pk,
            inbox_id=world.inbox.pk,
            service_id=service.pk,
            field_id=field.pk,
            bot_id=flow.pk,
            step_id=example()["steps"][0]["id"],
            widget_id=widget.pk,
            inbound_id=inbound.pk,
            outbound_id=outbound.pk,
            block_id=blocked.pk,
            topic_id=topic.pk,
        )
        return [
            brand,
            form.inbox,
            *WebForm.objects.filter(pk=form.pk),
            service,
            *ServiceForm.objects.filter(service=service),
            field,
            flow,
            version,
            world.other_inbox,
            chat,
            telegram,
            widget,
            bot,
            inbound,
            blocked,
            topic,
        ]

    def _rules(self, world, now):
        actor = Actor.user(world.oleg)
        policy = make_policy()
        rule = save_rule(
            None,
            name="Tag",
            actor=actor,
            definition={
                "trigger": {"on": "ticket_opened"},
                "conditions": {},
                "stop": False,
                "actions": [{"do": "add_tags", "value": ["x"]}],
            },
        )
        simulation = Simulation.objects.create(
            started_by=world.oleg, created_at=now, days=7, definition=[], state="done", finished_at=now
        )
        webhook, _secret = create_webhook(actor=actor, name="Stock", url="https://stock.example/hook")
        call = WebhookCall.objects.create(webhook=webhook, payload={}, not_before=now, created_at=now)
        custom = CustomField.objects.create(labels={"en": "Floor"}, key="floor", kind="text")
        self.custom_field = custom.pk
        macro = Macro.objects.create(name="Thanks", texts={"en": "<p>Thanks!</p>"})
        self.knows(
            policy_id=policy.pk,
            rule_id=rule.pk,
            simulation_id=simulation.pk,
            webhook_id=webhook.pk,
            call_id=call.pk,
            macro_id=macro.pk,
            key=custom.key,
            number=1,
        )
        return [
            policy,
            *PolicyVersion.objects.filter(policy=policy),
            rule,
            *RuleVersion.objects.filter(rule=rule),
            simulation,
            webhook,
            call,
            custom,
            macro,
        ]

    def _work(self, world, now):
        actor = Actor.user(world.oleg)
        problem = commands.open_problem(actor=actor, title="Common cause", owner=world.oleg)
        commands.link_problem(self.ticket.pk, problem_id=problem.pk, actor=actor)
        told = commands.start_broadcast(
            problem.pk,
            user=world.oleg,
            texts={"ru": "Готово"},
            to=[Addressee(world.vera.pk, self.ticket.pk, "ru")],
        )
        tag = Tag.objects.create(name="coffee")
        self.knows(tag_id=tag.pk, status_id=self.ticket.status_id, category=self.ticket.category)
        mine = []
        for user in (world.oleg, world.anna):
            view = View.objects.create(labels={"en": "Own"}, owner=user)
            job = BulkJob.objects.create(
                owner=user, act="priority", value=3, total=1, created_at=now, state="done"
            )
            search = RecentSearch.objects.create(user=user, text="coffee", used_at=now)
            entry = Entry.objects.filter(stream_id=self.ticket.pk).latest("pk")
            notice = Notice.objects.create(
                user=user,
                ticket=self.ticket,
                kind="mentioned",
                entry_id=entry.pk,
                actor_kind="user",
                actor_id=world.maria.pk,
                at=now,
                about="x",
            )
            mine += [view, job, search, notice]
        self.knows(
            problem_id=problem.pk,
            broadcast_id=told.pk,
            view_id=View.objects.get(key="open").pk,
            job_id=mine[1].pk,
            search_id=mine[2].pk,
            notice_id=mine[3].pk,
            entry_id=mine[3].entry_id,
            noun="status",
        )
        waiting = Waiting.objects.create(
            ticket=self.ticket, team=world.first_line, since=now, reason="nobody"
        )
        return [
            problem,
            tag,
            self.ticket,
            *Message.objects.filter(ticket=self.ticket)[:1],
            waiting,
            *Clock.objects.filter(ticket=self.ticket),
            *told.recipients.all(),
            *mine,
        ]

    def _hanging(self, world, now):
        note = commands.post_note(
            self.ticket.pk,
            user=world.oleg,
            content=Content(text="Смотри", files=[FileContent("a.txt", "text/plain", b"a")]),
        )
        other = world.ticket("Другое", team=world.first_line)
        commands.link(self.ticket.pk, other=other.pk, actor=SYSTEM)
        commands.follow(self.ticket.pk, user=world.egor, actor=SYSTEM)
        commands.add_participant(self.ticket.pk, contact=world.peter, actor=SYSTEM)
        commands.add_tag(self.ticket.pk, name="cold", actor=SYSTEM)
        side = commands.open_side_thread(self.ticket.pk, contact=world.peter, subject="x", user=world.oleg)
        later = LaterReply.objects.create(
            ticket=self.ticket, user=world.anna, text="Позже", due_at=now + timedelta(days=1), created_at=now
        )
        self.knows(
            ticket_id=self.ticket.pk,
            message_id=note.pk,
            attachment_id=Attachment.objects.get().pk,
            other_id=other.pk,
            side_thread_id=side.pk,
            later_id=later.pk,
            promise_id=0,
            mail_id=0,
            kind="text",
            token="x",
            name="x",
        )
        of_ticket = {"ticket": self.ticket}
        return [
            Tag.objects.get(name="cold"),
            world.peter,
            world.egor,
            other,
            *Link.objects.filter(**of_ticket),
            *Follower.objects.filter(**of_ticket, user=world.egor),
            *Participant.objects.filter(contact=world.peter),
            *Tagging.objects.filter(**of_ticket),
            note,
            *Attachment.objects.all(),
            *SideThread.objects.all(),
            later,
            BulkItem.objects.create(job_id=self.ids["job_id"], ticket=other),
        ]
