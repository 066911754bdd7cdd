"""A trace of intake in words: "Why here?", in the language of whoever asks."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# By rule and outcome. The words may use the step's own fields.
_WORDS: dict[tuple[str, str], str] = {
    ("message_id", "matched"): gettext_noop(
        "It answers a message of ours in #%(ticket)s: the signed Message-ID is valid."
    ),
    ("message_id", "forged"): gettext_noop(
        "It names a Message-ID like those of #%(ticket)s, but the signature is wrong."
    ),
    ("address", "matched"): gettext_noop("It was sent to the signed address of #%(ticket)s."),
    ("address", "forged"): gettext_noop(
        "It was sent to an address like that of #%(ticket)s, but the signature is wrong."
    ),
    ("reference", "matched"): gettext_noop(
        "It answers a mail in #%(ticket)s, and its sender takes part there."
    ),
    ("reference", "stranger"): gettext_noop(
        "It answers a mail in #%(ticket)s, but its sender does not take part there."
    ),
    ("subject", "matched"): gettext_noop("Its subject names #%(ticket)s, and its sender takes part there."),
    ("subject", "stranger"): gettext_noop(
        "Its subject names #%(ticket)s, but its sender does not take part there."
    ),
    ("subject", "unknown"): gettext_noop("Its subject names #%(ticket)s, which this brand does not have."),
    ("none", "no_clue"): gettext_noop("It answers nothing that we know."),
    ("new", "opened"): gettext_noop("A new ticket was opened: #%(ticket)s."),
    ("portal", "matched"): gettext_noop("It was written in the portal, on the page of #%(ticket)s."),
    ("conversation", "matched"): gettext_noop("Its conversation belongs to ticket #%(ticket)s."),
    ("conversation", "solved_long_ago"): gettext_noop(
        "Its conversation led to ticket #%(ticket)s, which was solved long ago."
    ),
    ("conversation", "deleted"): gettext_noop("Its conversation led to a ticket that was deleted."),
    ("conversation", "spam"): gettext_noop("Its conversation led to ticket #%(ticket)s, which is spam."),
    ("new", "follow_up"): gettext_noop("The new ticket follows up #%(ticket)s."),
    ("writer", "reply_to"): gettext_noop(
        "%(instead_of)s only passes mail on: the sender is %(address)s from Reply-To."
    ),
    ("twin", "duplicate"): gettext_noop(
        "The same mail came through another inbox of the brand: see #%(ticket)s."
    ),
    ("own", "came_back"): gettext_noop("This is a message of ours that came back to us."),
    ("blocked", "discarded"): gettext_noop("The sender is blocked: %(pattern)s."),
    ("automatic", "auto-reply"): gettext_noop("An automatic reply: it reopens nothing and gets no answer."),
    ("automatic", "auto-generated"): gettext_noop(
        "A machine wrote it: it reopens nothing and gets no automatic answer."
    ),
    ("automatic", "bounce"): gettext_noop("A mail server's report: it reopens nothing and gets no answer."),
    ("report", "matched"): gettext_noop("It reports on the delivery of a message of ours in #%(ticket)s."),
    ("report", "no_message"): gettext_noop("It reports on the delivery of a message that we do not know."),
    ("report", "bounced"): gettext_noop("The message did not reach: %(recipients)s (%(code)s)."),
    ("report", "delayed"): gettext_noop(
        "The message is late to: %(recipients)s (%(code)s). The server keeps trying."
    ),
    ("report", "delivered"): gettext_noop("The message reached: %(recipients)s."),
    ("agent", "reply"): gettext_noop("A colleague answered by e-mail: it went out as their reply."),
    ("agent", "collision"): gettext_noop(
        "Somebody had written since the message it answers, so it was not sent."
    ),
    ("agent", "forwarded"): gettext_noop(
        "A colleague forwarded it; the ticket is that of %(address)s, who wrote it."
    ),
    ("agent", "unproven"): gettext_noop(
        "It bears a colleague's address, but nothing proves that they sent it."
    ),
    ("copied", "too_many"): gettext_noop("Of %(count)s people in copy the first %(kept)s take part."),
    ("form", "held"): gettext_noop(
        "The form looked like a machine's work (%(signs)s): it waits until the address is confirmed by mail."
    ),
    ("form", "field_not_filled"): gettext_noop(
        "The ticket field %(field)s was not filled: it has changed since. The answer stands in the message."
    ),
    ("by_hand", "attached"): gettext_noop("An administrator put it into #%(ticket)s by hand."),
}

# The same for whichever rule found the ticket.
_OUTCOMES: dict[str, str] = {
    "unknown": gettext_noop("Its token is for #%(ticket)s, which is gone or takes it no more."),
    "other_brand": gettext_noop("It points to #%(ticket)s of another brand. Brands never mix."),
    "failed_sender": gettext_noop(
        "It points to #%(ticket)s, but DMARC failed: the sender is probably forged."
    ),
    "unproven": gettext_noop("It points to #%(ticket)s, but nothing proves who sent it."),
    "deleted": gettext_noop("It belongs to #%(ticket)s, which was deleted."),
    "spam": gettext_noop("It belongs to #%(ticket)s, which was marked as spam."),
    "solved_long_ago": gettext_noop(
        "It belongs to #%(ticket)s, which was solved too long ago to be reopened."
    ),
}

_NOTES: dict[str, str] = {
    "may_not_reply": gettext_noop("A colleague who may not reply wrote it: it was kept as a note."),
    "does_not_see": gettext_noop("A colleague of another team wrote it: it was kept as a note."),
    "unproven": gettext_noop("Nothing proves that the colleague sent it: it was kept as a note."),
    "passed_on": gettext_noop("A colleague forwarded it to the ticket: it was kept as a note."),
    "collision": gettext_noop("It was kept as a note instead."),
}


def explain(trace: list[dict[str, Any]]) -> list[str]:
    """One sentence or two for each step, in order, in the active language. Unknown steps say their codes."""
    return [sentence for step in trace for sentence in _sentences(step)]


def _sentences(step: dict[str, Any]) -> list[str]:
    rule, outcome = str(step.get("rule", "")), str(step.get("outcome", ""))
    words = _WORDS.get((rule, outcome)) or _OUTCOMES.get(outcome)
    if (rule, outcome) == ("agent", "note"):
        words = _NOTES.get(str(step.get("reason")))
    if words is None:
        return [f"{rule}: {outcome}"]
    said = [_(words) % _Shown(step)]
    if step.get("into"):
        said.append(_("#%(ticket)s was merged into #%(into)s.") % _Shown(step))
    if step.get("side_thread"):
        said.append(_("It belongs to a side conversation, which the customer does not see."))
    if step.get("newcomer"):
        said.append(_("The address was new to the ticket; it came with our token, so it takes part now."))
    return said


class _Shown(dict[str, Any]):
    """A step's fields as text; a missing one is a dash instead of an error."""

    def __missing__(self, key: str) -> str:
        return "—"

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return ", ".join(map(str, value)) or "—" if isinstance(value, list) else value
