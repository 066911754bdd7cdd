"""The first page, and the parts of the frame: language and theme."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from common.pages import page_behind
from desk.answers import told
from desk.door import desk, post
from desk.request import DeskRequest
from people.access import Permission
from people.models import User
from tickets import listing

THEMES = {"auto", "light", "dark"}


@desk()
def home(request: DeskRequest) -> HttpResponse:
    """Straight to work: the first of one's views."""
    views = listing.views_of(request.user) or listing.known_views(request.user)
    if not views:
        return render(request, "desk/no_views.html")
    return redirect("view", views[0].pk)


def language(request: HttpRequest) -> HttpResponse:
    """Choose a language: for good when signed in, else by a cookie."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    wanted = request.POST.get("language", "")
    following = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        following, {request.get_host()}, require_https=request.is_secure()
    ):
        following = "/"
    response = redirect(following)
    if wanted in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=wanted)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=365 * 24 * 3600,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response


@post(Permission.READ)
def theme(request: DeskRequest) -> HttpResponse:
    """Light, dark, or as the system is. Kept in a cookie too, so that the sign-in page has it."""
    wanted = request.POST.get("theme", "")
    if wanted in THEMES:
        User.objects.filter(pk=request.user.pk).update(theme=wanted)
    response = told(request, "") if request.htmx else redirect(page_behind(request))
    if wanted in THEMES:
        response.set_cookie(
            "theme", wanted, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure()
        )
    return response
