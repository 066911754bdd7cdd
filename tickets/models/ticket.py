from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from people.models import Contact, Organization, Team, User
from tickets.models.brand import Brand, Service, Topic
from tickets.models.problem import Problem
from tickets.models.status import Category, Status
from tickets.querysets import TicketQuerySet

OPEN_WORK = Q(category__lt=Category.RESOLVED, is_hidden=False)


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    FORM = "form", _("Web form")
    CHAT = "chat", _("Chat")
    TELEGRAM = "telegram", _("Telegram")
    API = "api", _("API")
    PHONE = "phone", _("Phone")
    DESK = "desk", _("Desk")


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Tag(models.Model):
    name = models.CharField(max_length=60)
    colour = models.CharField(max_length=16, default="gray")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tickets_tag_name_ci")]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """One request of one requester, from its first contact to its resolution, whatever the channel.

    The key is the number people use. Only the verbs in ``tickets.commands`` write here.
    """

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="tickets", db_index=False)
    channel = models.CharField(max_length=16, choices=Channel, help_text="the first contact's")
    direction = models.CharField(
        max_length=8, default="in", choices=[("in", _("From the customer")), ("out", _("Opened by us"))]
    )
    subject = models.CharField(max_length=400, blank=True)
    snippet = models.CharField(max_length=200, blank=True, help_text="how the last public message begins")
    language = models.CharField(max_length=8, blank=True)
    requester = models.ForeignKey(Contact, models.PROTECT, related_name="tickets", db_index=False)
    organization = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="tickets", db_index=False
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False
    )
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="assigned_tickets", db_index=False
    )
    status = models.ForeignKey(Status, models.PROTECT, related_name="tickets", db_index=False)
    category = models.PositiveSmallIntegerField(choices=Category, help_text="the status's, kept beside it")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, blank=True, db_index=False)
    service = models.ForeignKey(Service, models.SET_NULL, null=True, blank=True, db_index=False)
    problem = models.ForeignKey(
        Problem, models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False
    )
    tags: "models.ManyToManyField[Tag, Tagging]" = models.ManyToManyField(
        Tag, through="Tagging", related_name="tickets"
    )
    attributes = models.JSONField(default=dict, blank=True, help_text="custom fields")
    summary = models.TextField(blank=True, help_text="private: what whoever takes over needs to know")

    is_spam = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    is_hidden = models.GeneratedField(
        expression=Q(is_spam=True) | Q(deleted_at__isnull=False) | Q(merged_into__isnull=False),  # type: ignore[arg-type]  # a Q is an expression
        output_field=models.BooleanField(),
        db_persist=True,
        help_text="in no list but the one that asks for it",
    )

    opened_at = models.DateTimeField(help_text="first contact")
    active_at = models.DateTimeField(
        help_text="last message, change of status, team or return to a queue: what moves it up in lists"
    )
    touched_at = models.DateTimeField(
        null=True, blank=True, help_text="last note or assignment, which moves it in no list"
    )
    waiting_since = models.DateTimeField(
        null=True, blank=True, help_text="first customer message that nobody has answered yet"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="when the most pressing clock runs out; kept by sla"
    )
    resolved_at = models.DateTimeField(null=True, blank=True, help_text="last resolution, while it holds")
    closed_at = models.DateTimeField(null=True, blank=True)
    message_count = models.PositiveIntegerField(
        default=0, help_text="public messages and notes, merged ones too"
    )
    last_message_id = models.BigIntegerField(
        null=True, blank=True, help_text="newest message or note, for read marks"
    )
    last_public_id = models.BigIntegerField(
        null=True, blank=True, help_text="newest public message by a person: what a reply is based on"
    )
    thread_key = models.CharField(
        max_length=12, help_text="random, signed into our Message-IDs and addresses"
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=4), name="tickets_priority_known"
            ),
            models.CheckConstraint(
                condition=Q(category__in=[c.value for c in Category]), name="tickets_category_known"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="tickets_not_into_itself"),
        ]
        indexes = [
            # The list of all open work, newest activity first, and its keyset pages.
            models.Index(
                F("active_at").desc(), F("id").desc(), name="tickets_open_active", condition=OPEN_WORK
            ),
            # A team's open work.
            models.Index(
                F("team"),
                F("active_at").desc(),
                F("id").desc(),
                name="tickets_open_team",
                condition=OPEN_WORK,
            ),
            # "Mine", the most pressing first; those without a clock after them, by who waits longest.
            models.Index(
                F("assignee"),
                F("due_at"),
                F("waiting_since"),
                F("id").desc(),
                name="tickets_open_mine",
                condition=OPEN_WORK,
            ),
            # Whatever somebody has had: the door, for whoever sees only their own.
            models.Index(
                fields=["assignee"], name="tickets_of_assignee", condition=Q(assignee__isnull=False)
            ),
            # "Unassigned", all teams.
            models.Index(
                F("active_at").desc(),
                F("id").desc(),
                name="tickets_open_unassigned",
                condition=OPEN_WORK & Q(assignee__isnull=True),
            ),
            # "Waiting for us", who has waited longest first.
            models.Index(
                F("waiting_since"),
                F("id").desc(),
                name="tickets_open_waiting",
                condition=OPEN_WORK & Q(waiting_since__isnull=False),
            ),
            # "Due soon", the most pressing first.
            models.Index(
                F("due_at"),
                F("id").desc(),
                name="tickets_open_due",
                condition=OPEN_WORK & Q(due_at__isnull=False),
            ),
            # "Recently solved".
            models.Index(
                F("resolved_at").desc(nulls_last=True),
                F("id").desc(),
                name="tickets_solved",
                condition=Q(category__gte=Category.RESOLVED, is_hidden=False),
            ),
            # Everything, newest activity first: views without an open condition, and experts' lists.
            models.Index(
                F("active_at").desc(), F("id").desc(), name="tickets_active", condition=Q(is_hidden=False)
            ),
            # before: and after: of the search.
            models.Index(
                F("opened_at").desc(), F("id").desc(), name="tickets_opened", condition=Q(is_hidden=False)
            ),
            # The customer's other tickets in the side panel.
            models.Index(F("requester"), F("id").desc(), name="tickets_requester"),
            models.Index(F("organization"), F("id").desc(), name="tickets_organization"),
            # A problem's tickets, newest first, and their counts.
            models.Index(
                F("problem"),
                F("id").desc(),
                name="tickets_of_problem",
                condition=Q(problem__isnull=False),
            ),
            # Time rules "since the last activity, notes and assignments too".
            models.Index(
                fields=["touched_at"],
                name="tickets_touched",
                condition=Q(is_hidden=False, touched_at__isnull=False),
            ),
            # Spam, and what was deleted.
            models.Index(F("active_at").desc(), name="tickets_hidden", condition=Q(is_hidden=True)),
            # wake_snoozed()
            models.Index(
                fields=["snoozed_until"], name="tickets_snoozed", condition=Q(snoozed_until__isnull=False)
            ),
            # type-ahead when linking and merging
            GinIndex(OpClass(Lower("subject"), name="gin_trgm_ops"), name="tickets_subject_trgm"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def is_open(self) -> bool:
        return self.category < Category.RESOLVED


class Tagging(models.Model):
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "ticket"], name="tickets_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on #{self.ticket_id}"


class Participant(models.Model):
    """Somebody on the customer's side who takes part besides the requester: in copy, or merged in."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="participants", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="participations")
    in_copy = models.BooleanField(default=True, help_text="gets our replies in Cc by default")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "contact"], name="tickets_participant_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} on #{self.ticket_id}"


class Follower(models.Model):
    """A colleague who wants to hear of a ticket, and may therefore see it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="followers", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="following")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="tickets_follower_once")]

    def __str__(self) -> str:
        return f"{self.user_id} follows #{self.ticket_id}"


class ReadMark(models.Model):
    """How far somebody has read a ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="read_marks", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="read_marks")
    message_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="tickets_read_once")]

    def __str__(self) -> str:
        return f"{self.user_id} read #{self.ticket_id} to {self.message_id}"


class Link(models.Model):
    """Two tickets that have to do with each other."""

    class Kind(models.TextChoices):
        RELATED = "related", _("Related")
        POSSIBLY = "possibly", _("Possibly belongs to")
        SPLIT = "split", _("Split from")
        FOLLOW_UP = "follow_up", _("Follow-up of")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="links", db_index=False)
    other = models.ForeignKey(Ticket, models.CASCADE, related_name="linked_from")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RELATED)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other", "kind"], name="tickets_link_once"),
            models.CheckConstraint(condition=~Q(ticket=F("other")), name="tickets_link_not_itself"),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} {self.kind} #{self.other_id}"
