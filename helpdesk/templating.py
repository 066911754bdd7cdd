"""The Jinja2 environment: what every template of ours can use."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django_htmx.jinja import django_htmx_script
from jinja2 import Environment, StrictUndefined

from common import filters
from desk import presentation


def environment(**options: Any) -> Environment:
    """Strict: an unknown name in a template is an error, not an empty string."""
    env = Environment(
        **{**options, "undefined": StrictUndefined},
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(
        static=static,
        url=reverse,
        django_htmx_script=django_htmx_script,
        get_language=translation.get_language,
        LANGUAGES=settings.LANGUAGES,
        DEMO=settings.DEMO,
        **presentation.GLOBALS,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    env.filters.update(filters.ALL)
    env.filters.update(presentation.FILTERS)
    return env
