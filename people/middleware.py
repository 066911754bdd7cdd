"""The reader's own language and time zone."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone, translation


class PersonalSettings:
    """Activate the signed-in person's language and zone; strangers get what their browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user if request.session.session_key or "sessionid" in request.COOKIES else None
        if user is not None and user.is_authenticated:
            language, zone = user.language, user.time_zone
        else:
            language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
            zone = ""
            if language not in dict(settings.LANGUAGES):
                language = translation.get_language_from_request(request)
        try:
            tz = zoneinfo.ZoneInfo(zone) if zone else None
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            tz = None
        with translation.override(language), timezone.override(tz):
            response = self.get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response.render()
        response.headers.setdefault("Content-Language", language)
        return response
