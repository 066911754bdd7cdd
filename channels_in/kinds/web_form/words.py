"""What is wrong with an answer, in the reader's language."""

from collections.abc import Callable
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_in.kinds.web_form.fields import Field
from channels_in.kinds.web_form.validation import Problem

MEGABYTES = 25


def _shown(number: Any) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


_WORDS: dict[str, Callable[[Any], str]] = {
    "required": lambda _facts: _("Fill this in, please."),
    "must-agree": lambda _facts: _(
        "Tick the box, please: without your agreement the request cannot be sent."
    ),
    "too-long": lambda facts: (
        _("This is longer than %(limit)s characters: it has %(length)s.")
        % {"limit": _shown(facts["limit"]), "length": _shown(facts["length"])}
    ),
    "not-a-choice": lambda _facts: _("Choose one of those offered, please."),
    "too-many": lambda facts: (
        ngettext("Choose %(limit)d at most.", "Choose %(limit)d at most.", facts["limit"])
        % {"limit": facts["limit"]}
    ),
    "not-a-number": lambda _facts: _("This is no number."),
    "not-whole": lambda _facts: _("A whole number, please."),
    "too-small": lambda facts: _("Not less than %(limit)s, please.") % {"limit": _shown(facts["limit"])},
    "too-large": lambda facts: _("Not more than %(limit)s, please.") % {"limit": _shown(facts["limit"])},
    "not-a-date": lambda _facts: _("This is no date. Write it like 31.12.2026."),
    "in-the-past": lambda _facts: _("This day is over already."),
    "in-the-future": lambda _facts: _("This day has not come yet."),
    "not-an-email": lambda _facts: _("This is no e-mail address. One looks like name@example.org."),
    "not-a-phone": lambda _facts: _(
        "This is no phone number. Write it with its code, like +7 900 000-00-00."
    ),
    "too-many-files": lambda facts: (
        ngettext("%(limit)d file at most.", "%(limit)d files at most.", facts["limit"])
        % {"limit": facts["limit"]}
    ),
    "blocked-file": lambda facts: (
        _("“%(name)s” was not taken: we accept no programs (.%(ending)s). If it matters, archive it.")
        % {"name": _short(facts["name"]), "ending": facts["ending"]}
    ),
    "wrong-file": lambda facts: (
        _("“%(name)s” was not taken: only %(endings)s here.")
        % {"name": _short(facts["name"]), "endings": ", ".join(f".{one}" for one in facts["endings"])}
    ),
    "empty-file": lambda facts: (
        _("“%(name)s” is empty. Choose it again, please.") % {"name": _short(facts["name"])}
    ),
    "files-too-large": lambda _facts: (
        _("The files are more than %(limit)d MB together. Leave some out, or send them in a second request.")
        % {"limit": MEGABYTES}
    ),
}


def problem_words(problem: Problem) -> str:
    """One sentence: what is wrong and what helps."""
    return _WORDS[problem.code](problem.facts)


def label_in(labels: Any, language: str) -> str:
    """Labels in a language, or in any there is."""
    return labels.get(language) or labels.get("en") or next(iter(labels.values()), "")


def field_label(field: Field, language: str) -> str:
    return label_in(field.labels, language)


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:40]}…{name[-15:]}"
