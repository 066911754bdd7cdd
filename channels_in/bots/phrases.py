"""The sentences every flow has, in the product's languages; a flow may have its own instead."""

from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext, gettext_noop, override

STANDARD = {
    "person": gettext_noop("Talk to a person"),
    "skip": gettext_noop("Skip"),
    "yes": gettext_noop("Yes, thank you"),
    "no": gettext_noop("No"),
    "did_it_help": gettext_noop("Did this help?"),
    "not_understood": gettext_noop(
        "I am sorry, I did not understand that. Choose one of these, or talk to a person."
    ),
    "giving_up": gettext_noop("I cannot help with this, so I am passing you on to a colleague."),
    "handing_over": gettext_noop("I am passing you on to a colleague."),
    "wrong_text": gettext_noop("Please write your answer."),
    "wrong_long": gettext_noop("That is too long: at most 1,000 characters, please."),
    "wrong_email": gettext_noop("That does not look like an e-mail address. Please write it once more."),
    "wrong_number": gettext_noop("Please write a number, in digits."),
    "wrong_bounds": gettext_noop("That number cannot be right. Please look once more."),
    "wrong_phone": gettext_noop("That does not look like a phone number. Please write it with its code."),
    "wrong_choice": gettext_noop("Please choose one of the answers."),
}


@lru_cache(maxsize=1)
def standard() -> dict[str, dict[str, str]]:
    """All of them by language."""
    found: dict[str, dict[str, str]] = {name: {} for name in STANDARD}
    for code, _name in settings.LANGUAGES:
        with override(code):
            for name, words in STANDARD.items():
                found[name][code] = gettext(words)
    return found
