"""Live chat: a widget is an inbox of kind chat, a session is one visitor's browser at it."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from calendars.models import Calendar
from channels_in.models.bot import BotFlow
from channels_in.models.inbox import Inbox
from channels_in.models.thread import Thread
from common import clock
from common.crypto import EncryptedTextField
from people.models import Contact, Identity, User
from tickets.models import Message, Ticket

GONE_AFTER = timedelta(seconds=60)  # without a sign of life: the visitor has left
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"

# What nobody needs in a chat and anybody could be harmed by: refused unless an administrator says otherwise.
BLOCKED_TYPES = (
    "apk bat chm cmd com cpl dll dmg docm exe hta iso jar js jse lnk msc msi msp pif pptm ps1 reg scr sh svg "
    "vbe vbs wsf xlsm"
)


def new_widget_key() -> str:
    return get_random_string(16, _ALPHABET)


def new_session_key() -> str:
    return get_random_string(24, _ALPHABET)


def new_identity_secret() -> str:
    return get_random_string(40)


def blocked_types() -> list[str]:
    return BLOCKED_TYPES.split()


class ChatWidget(models.Model):
    """The chat of a brand on its sites: whom it lets in, how it looks, when somebody is there.

    ``texts`` maps a language to the administrator's own words, all optional: {"ru": {"title": …,
    "greeting": …, "away": …, "consent": …}}; what is missing the product says in its own words. ``asks`` maps
    name, email, phone and topic to off, optional or required: the form before the talk.
    """

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the visitor's system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Side(models.TextChoices):
        RIGHT = "right", _("On the right")
        LEFT = "left", _("On the left")

    inbox = models.OneToOneField(Inbox, models.CASCADE, related_name="chat_widget")
    key = models.CharField(
        max_length=24, unique=True, default=new_widget_key, help_text="public, in the site's script tag"
    )
    identity_secret = EncryptedTextField(
        default=new_identity_secret, help_text="what the site signs its customers' identity with"
    )
    sites = models.JSONField(
        default=list,
        blank=True,
        help_text="origins that may show it: https://shop.example, https://*.shop.example",
    )
    colour = models.CharField(max_length=7, blank=True, help_text="#rrggbb; empty: the brand's")
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.AUTO)
    side = models.CharField(max_length=8, choices=Side, default=Side.RIGHT)
    texts = models.JSONField(default=dict, blank=True)
    asks = models.JSONField(default=dict, blank=True)
    calendar = models.ForeignKey(
        Calendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="chat_widgets",
        help_text="when it is open; null: always",
    )
    longest_queue = models.PositiveSmallIntegerField(
        default=10, help_text="chats waiting for a person; who comes when it is full leaves a message"
    )
    pick_up_seconds = models.PositiveSmallIntegerField(
        default=60, help_text="a chat its agent has not taken by then goes back to the queue"
    )
    quiet_minutes = models.PositiveSmallIntegerField(
        default=30,
        help_text="a chat whose visitor has gone ends so long after the last word of either side",
    )
    blocked_types = models.JSONField(
        default=blocked_types, blank=True, help_text="endings of file names that are refused, lower case"
    )
    bot = models.ForeignKey(
        BotFlow,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="chat_widgets",
        help_text="who receives visitors; null: nobody but people",
    )
    triggers = models.JSONField(default=list, blank=True, help_text="proactive messages")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.inbox.name

    @property
    def is_active(self) -> bool:
        return self.inbox.is_active


class ChatSession(models.Model):
    """One visitor's browser at a widget: it survives reloads, tabs and talks, and ends when it is forgotten.

    ``stage`` says who is talking; what was said are its ``lines``, numbered without gaps by ``last_seq``.
    Marks are numbers of lines: ``got_seq`` has reached the browser, ``read_seq`` the visitor has seen,
    ``agent_seq`` an agent has seen, ``mailed_seq`` went after them by mail. Lock order: whoever acts for the
    visitor holds the session's gate (an advisory lock, ``sessions.gate``) first, then the thread, then the
    ticket; this row comes last, for the desk holds the ticket already when it adds a line.
    """

    class Stage(models.TextChoices):
        IDLE = "idle", _("Nothing going on")
        BOT = "bot", _("With the bot")
        WAITING = "waiting", _("Waiting for a person")
        TALKING = "talking", _("Talking")
        ENDED = "ended", _("Chat ended")
        LEFT = "left", _("Left a message")

    widget = models.ForeignKey(ChatWidget, models.CASCADE, related_name="sessions", db_index=False)
    key = models.CharField(max_length=32, unique=True, default=new_session_key)
    thread = models.OneToOneField(
        Thread,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="chat_session",
        help_text="whose it is and where it goes; none before the visitor is somebody",
    )
    is_known = models.BooleanField(default=False, help_text="the site has proved who this is")
    identity_kind = models.CharField(max_length=16, choices=Identity.Kind, default=Identity.Kind.VISITOR)
    identity_value = models.CharField(max_length=320, blank=True, help_text="empty: the session's key")
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.IDLE)
    bot_state = models.JSONField(default=dict, blank=True, help_text="the bot's memory of this talk")
    answers = models.JSONField(
        default=dict,
        blank=True,
        help_text="what the visitor said of themselves: name, email, phone, topic, …",
    )
    attributes = models.JSONField(
        default=dict, blank=True, help_text="what the site says of the visitor; true where is_known"
    )
    language = models.CharField(max_length=8, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)

    # What an agent sees of the visitor.
    origin = models.CharField(max_length=255, blank=True, help_text="the site that shows the widget")
    referrer = models.CharField(max_length=1000, blank=True)
    browser = models.CharField(max_length=400, blank=True, help_text="User-Agent")
    address = models.GenericIPAddressField(null=True, blank=True)
    pages = models.JSONField(default=list, blank=True, help_text="[{url, title, at}], the last 20 in order")
    visits = models.PositiveIntegerField(default=1)
    visit_at = models.DateTimeField(help_text="when this visit began: time on site")
    proactive_at = models.DateTimeField(null=True, blank=True, help_text="last unasked message")

    # Lines and marks.
    last_seq = models.PositiveIntegerField(default=0)
    first_seq = models.PositiveIntegerField(default=0, help_text="before the first line of this talk")
    got_seq = models.PositiveIntegerField(default=0)
    read_seq = models.PositiveIntegerField(default=0)
    agent_seq = models.PositiveIntegerField(default=0)
    mailed_seq = models.PositiveIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)

    # Due times, and what they are counted from.
    queued_at = models.DateTimeField(null=True, blank=True, help_text="asked for a person")
    offered_to = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    pick_up_by = models.DateTimeField(
        null=True, blank=True, help_text="whom it was offered to has until then"
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    follow_at = models.DateTimeField(null=True, blank=True, help_text="look then whether a mail must follow")
    seen_at = models.DateTimeField(help_text="last sign of life, within half a minute while connected")
    left_at = models.DateTimeField(null=True, blank=True, help_text="the last connection closed")
    ended_at = models.DateTimeField(null=True, blank=True)
    banned_at = models.DateTimeField(null=True, blank=True)
    rating = models.JSONField(default=dict, blank=True, help_text="{score, comment, at}")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(got_seq__lte=F("last_seq")) & Q(read_seq__lte=F("last_seq")),
                name="channels_in_session_marks",
            ),
        ]
        indexes = [
            # The queue of a widget, in order: place and length.
            models.Index(
                fields=["widget", "queued_at"], name="channels_in_session_queue", condition=Q(stage="waiting")
            ),
            # The last pick-ups of a widget: how long a place in the queue takes.
            models.Index(
                fields=["widget", "-taken_at"],
                name="channels_in_session_taken",
                condition=Q(taken_at__isnull=False),
            ),
            # return_untaken()
            models.Index(
                fields=["pick_up_by"],
                name="channels_in_session_pick_up",
                condition=Q(pick_up_by__isnull=False),
            ),
            # follow_by_mail()
            models.Index(
                fields=["follow_at"], name="channels_in_session_follow", condition=Q(follow_at__isnull=False)
            ),
            # end_quiet(): talks whose visitor has gone
            models.Index(
                fields=["seen_at"],
                name="channels_in_session_going",
                condition=Q(stage__in=["bot", "waiting", "talking"]),
            ),
            # forget_stale() and the visitors who are here now
            models.Index(fields=["seen_at"], name="channels_in_session_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.key[:6]}… {self.stage}"

    @property
    def contact(self) -> Contact | None:
        return self.thread.contact if self.thread else None

    @property
    def ticket(self) -> Ticket | None:
        """The talk going on, or the last one."""
        return self.thread.ticket if self.thread else None

    @property
    def is_here(self) -> bool:
        """Whether the visitor has the page open now, as far as we know."""
        return self.left_at is None and clock.now() - self.seen_at < GONE_AFTER


class ChatLine(models.Model):
    """One thing that stands in the visitor's window, in the order of ``seq``.

    With ``message`` its content is the message's, read there each time; without one (the bot, before there
    is a ticket; notices like "Anna has joined") it is its own. ``data`` are the bot's choices, a notice's
    code and names, an answer's form.
    """

    class By(models.TextChoices):
        VISITOR = "visitor", _("Visitor")
        AGENT = "agent", _("Agent")
        BOT = "bot", _("Bot")
        NOTICE = "notice", _("Notice")

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="lines", db_index=False)
    seq = models.PositiveIntegerField()
    by = models.CharField(max_length=8, choices=By)
    client_id = models.CharField(max_length=64, blank=True, help_text="the browser's own name for it")
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="chat_lines")
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["session", "seq"]
        constraints = [
            # Serves lines_since().
            models.UniqueConstraint(fields=["session", "seq"], name="channels_in_line_once"),
            # The browser sends again what it has no answer to.
            models.UniqueConstraint(
                fields=["session", "client_id"],
                name="channels_in_line_client_once",
                condition=~Q(client_id=""),
            ),
            models.UniqueConstraint(
                fields=["session", "message"],
                name="channels_in_line_message_once",
                condition=Q(message__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} by {self.by}"


class ChatUpload(models.Model):
    """A file that a visitor has chosen, until the message it belongs to is sent."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="uploads")
    key = models.CharField(max_length=24, unique=True, default=new_widget_key)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=255)
    size = models.PositiveIntegerField(help_text="bytes")
    path = models.CharField(max_length=100, help_text="under MEDIA_ROOT")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return self.name


class ChatBan(models.Model):
    """Somebody whom the chat does not let in: a session, a person, or a network address for some time."""

    session = models.ForeignKey(ChatSession, models.SET_NULL, null=True, blank=True, related_name="bans")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="chat_bans")
    address = models.GenericIPAddressField(null=True, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    banned_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, blank=True, help_text="null: for good")

    class Meta:
        indexes = [
            # is_banned(): an address at the door
            models.Index(
                fields=["address"], name="channels_in_ban_address", condition=Q(address__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.reason or str(self.pk)
