"""What our scripts say. Written into each page, so that they need no catalogue of their own."""

from django.utils.translation import gettext as _


def js_words() -> dict[str, str]:
    """Key → words in the reader's language; ``%(name)s`` is filled in by the script."""
    return {
        "close": _("Close"),
        "open": _("Open it"),
        "show_all": _("Show the whole message"),
        "copied": _("Copied."),
        "not_copied": _("The browser does not allow copying."),
        "selected": _("Selected: %(count)s"),
        "entries": _("Entries: %(count)s"),
        "no_entry": _("Nothing like that."),
        "no_address": _("“%(text)s” is not an e-mail address."),
        "unreachable": _("The server cannot be reached. Nothing was sent; what you typed is kept."),
        "forbidden": _("This is not allowed for your role, or the page was open for too long. Reload it."),
        "missing": _("This is gone, or no longer for you to see."),
        "too_large": _("This is too large for the server."),
        "too_often": _("Too many requests. Wait a moment."),
        "failed": _("Something broke on our side. Nothing was changed; try again."),
        "file_too_large": _("%(name)s is too large."),
        "not_uploaded": _("%(name)s did not arrive. Try again."),
        "uploading": _("A file is still on its way."),
        "gaps": _("Not sent: something is still missing in the text. Fill it in, or remove it."),
        "clock_due": _("%(what)s: due %(due)s"),
        "clock_was_due": _("%(what)s: was due %(due)s"),
        "clock_overdue": _("Overdue"),
        "clock_warned": _("Little time left"),
        "clock_running": _("Running"),
        "sort_place": _("Place %(at)s of %(of)s"),
        "new_chat": _("New chat: %(name)s"),
        "is_viewing": _("%(name)s is looking at this"),
        "is_replying": _("%(name)s is replying …"),
    }
