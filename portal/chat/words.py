"""What the widget says, in the active language; the administrator's own words come first."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from channels_in.kinds.chat.sessions import text_of
from channels_in.models import ChatWidget
from tickets.models import Topic


def of_frame(widget: ChatWidget, language: str) -> dict[str, str]:
    """Every text of the window. ``%s`` stands for what the browser fills in."""
    brand = widget.inbox.brand.name
    return {
        "title": text_of(widget, "title", language) or brand,
        "greeting": text_of(widget, "greeting", language) or _("Hello! How can we help?"),
        "away": text_of(widget, "away", language)
        or _("Nobody is here right now. Leave a message, and we will answer by mail."),
        "consent": text_of(widget, "consent", language),
        "soon": _("We usually answer within a few minutes."),
        "opens": _("We are back %s."),
        "full": _("Many people are waiting just now. Leave a message, and we will answer by mail."),
        "write": _("Your message"),
        "send": _("Send"),
        "attach": _("Attach a file"),
        "close": _("Close the chat"),
        "menu": _("More"),
        "end": _("End the chat"),
        "transcript": _("Send me the talk by mail"),
        "sound": _("Sound"),
        "person": _("Talk to a person"),
        "queue": _("You are number %s in the queue."),
        "wait": _("About %s min."),
        "waitlong": _("It may take more than an hour."),
        "next": _("You are next. Somebody will be with you shortly."),
        "nowait": _("Do not want to wait? Leave your e-mail address, and the answer comes by mail."),
        "with": _("You are talking with %s"),
        "bot": _("Assistant"),
        "you": _("You"),
        "typing": _("%s is writing …"),
        "sending": _("Sending …"),
        "sent": _("Sent"),
        "seen": pgettext("message", "Seen"),
        "failed": _("Not sent."),
        "again": _("Try again"),
        "offline": _("No connection. What you write is sent as soon as it is back."),
        "gone": _("This message is no longer there."),
        "banned": _("This chat is closed for you."),
        "new": _("New messages: %s"),
        "begin": _("Begin the chat"),
        "anew": _("Write again"),
        "leave": _("Leave a message"),
        "name": _("Your name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "topic": _("What is it about?"),
        "choose": _("Choose …"),
        "optional": _("optional"),
        "agree": _("I agree"),
        "required": _("Please fill this in."),
        "mustagree": _("Tick the box, please: without your agreement nothing can be sent."),
        "bademail": _("Please enter an e-mail address that we can answer to."),
        "save": _("Save"),
        "rate": _("How was our chat?"),
        "thanks": _("Thank you!"),
        "mailed": _("Sent to %s."),
        "large": _("A file may have up to 20 MB."),
        "blocked": _("Files of this kind are not accepted here."),
        "drop": _("Drop files here"),
        "remove": _("Remove %s"),
        "messages": _("Messages"),
        "star": _("%s of 5"),
    }


def of_button(widget: ChatWidget, language: str) -> dict[str, str]:
    """What the loader says on the site's own page."""
    return {
        "open": _("Open the chat"),
        "close": _("Close the chat"),
        "title": text_of(widget, "title", language) or widget.inbox.brand.name,
        "unread": _("New messages: %s"),
        "dismiss": _("Dismiss"),
    }


def asked(widget: ChatWidget) -> list[dict[str, Any]]:
    """The fields of the form before the talk, in order."""
    found: list[dict[str, Any]] = []
    for name in ("name", "email", "phone", "topic"):
        how = widget.asks.get(name, "off")
        if how not in {"optional", "required"}:
            continue
        field: dict[str, Any] = {"name": name, "required": how == "required"}
        if name == "topic":
            own = Topic.objects.filter(brand__in=[widget.inbox.brand_id]) | Topic.objects.filter(brand=None)
            field["options"] = [[str(topic.pk), topic.label] for topic in own.order_by("position", "pk")[:50]]
            if not field["options"]:
                continue
        found.append(field)
    return found
