"""The Jinja2 environment: what every template of ours can use."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined, Template, pass_eval_context
from jinja2.environment import TemplateModule
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup

from common import filters
from common.pages import page_behind
from desk import marks, presentation
from helpdesk.demo.cast import PASSWORD, cast


@pass_eval_context
def say(context: EvalContext, message: str, /, **variables: Any) -> str:
    """``_("…", name=value)`` in a template, as Jinja's own "newstyle" gettext: values are escaped in HTML."""
    words = _in_language(translation.get_language() or "", message)
    if not context.autoescape:  # the plain part of a mail
        return str(words) % variables
    return words % variables if variables else _finished(words)


@lru_cache(maxsize=10_000)
def _in_language(language: str, message: str) -> Markup:
    """Catalogues do not change while a process runs. ``language`` is the active one."""
    return Markup(translation.gettext(message))  # noqa: S704  # our translators' words, as Jinja takes them


@lru_cache(maxsize=10_000)
def _finished(words: Markup) -> str:
    """A per cent sign is written %% in every message, with or without values."""
    return words % {}


class _Template(Template):
    """Jinja's own, which asks with each import whether the page brought globals of its own. None of ours
    does, and a ticket imports two dozen times.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


class _Environment(Environment):
    template_class = _Template


def environment(**options: Any) -> Environment:
    """Strict: an unknown name in a template is an error, not an empty string."""
    env = _Environment(  # Django's engine passes autoescape=True in options
        **{**options, "undefined": StrictUndefined},
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(
        static=static,
        url=reverse,
        get_language=translation.get_language,
        LANGUAGES=settings.LANGUAGES,
        DEMO=settings.DEMO,
        demo_cast=cast,
        demo_password=PASSWORD,
        marks=marks,
        page_behind=page_behind,
        sprite=marks.sprite,
        **presentation.GLOBALS,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    # A page says several hundred words, and the extension's way to each costs as much as a query a dozen.
    env.globals.update(_=say, gettext=say)
    env.filters.update(filters.ALL)
    env.filters.update(presentation.FILTERS)
    return env
