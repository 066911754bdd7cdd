"""What the portal's scripts say, in the reader's language."""

from django.utils.translation import gettext as _


def js_words() -> dict[str, str]:
    """Key → words; ``%(name)s`` is filled in by the script."""
    return {
        "show_all": _("Show the whole message"),
        "file_too_large": _("%(name)s is too large."),
        "unreachable": _("The server cannot be reached. Nothing was sent; what you typed is kept."),
    }
