"""The first page of a fresh installation: makes administrator, brand, team and inbox, and then is gone."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from helpdesk.first_run import has_administrator
from helpdesk.setup import AlreadySetUpError, set_up
from helpdesk.setup_forms import SetupForm

TRIES, WINDOW = 20, 600  # so many posts in so many seconds, from everybody together


@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    """Ask, make, sign in. Only while there is no administrator; afterwards it leads to the desk."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if has_administrator():
        return redirect("home")
    if not settings.SETUP_TOKEN and not _is_this_machine(request):
        return render(request, "setup/locked.html", status=403)
    if request.method != "POST":
        return render(request, "setup/setup.html", {"form": SetupForm(initial=_initial())})
    form = SetupForm(request.POST)
    if _too_many():
        form.add_error(None, _("Too many attempts. Wait ten minutes and try again."))
        return render(request, "setup/setup.html", {"form": form}, status=429)
    if not form.is_valid():
        return render(request, "setup/setup.html", {"form": form}, status=422)
    try:
        administrator = set_up(form.cleaned_data, language=get_language() or settings.LANGUAGE_CODE)
    except AlreadySetUpError:
        return redirect("home")
    login(request, administrator, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, _("All is ready. Welcome to Otklik."))
    return redirect("home")


def _is_this_machine(request: HttpRequest) -> bool:
    """Whether the page was asked for by a name that only this machine answers to."""
    host = split_domain_port(request.get_host())[0]
    return settings.DEBUG or host in {"localhost", "127.0.0.1", "[::1]"} or host.endswith(".localhost")


def _initial() -> dict[str, str]:
    language = (get_language() or "en").split("-")[0]
    return {
        "language": language,
        "time_zone": "Europe/Moscow" if language == "ru" else "UTC",
        "colour": "#3d55cc",
        "team": _("Support"),
    }


def _too_many() -> bool:
    """Count this attempt. Without the cache nobody is held up: the lock still lets only one through."""
    cache.add("setup:tries", 0, timeout=WINDOW)
    try:
        return cache.incr("setup:tries") > TRIES
    except ValueError:  # it ran out between the two
        return False
