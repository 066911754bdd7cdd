"""A fresh installation leads to the page that sets it up, until it has an administrator."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from people.models import Role, User

_OPEN = ("/static/", "/healthz", "/readyz", "/setup/", "/language/")


class FirstRun:
    """Redirect every page to /setup/ while nobody could sign in. Once that is so it is not asked again."""

    is_set_up = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not FirstRun.is_set_up and not request.path.startswith(_OPEN):
            if not has_administrator():
                return redirect(reverse("setup"))
            FirstRun.is_set_up = True
        return self.get_response(request)


def has_administrator() -> bool:
    """Whether somebody can sign in and change everything."""
    return User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists()
