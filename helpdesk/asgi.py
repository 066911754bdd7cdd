"""WebSockets through ASGI; everything else through Django's WSGI handler in a thread pool.

Measured: see docs/decisions/http.md.
"""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
get_asgi_application()  # sets Django up before anything of ours is imported

from a2wsgi import WSGIMiddleware  # noqa: E402  # needs the set-up above
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import re_path  # noqa: E402

from helpdesk.wsgi import application as wsgi  # noqa: E402
from live.urls import http_urlpatterns, websocket_urlpatterns  # noqa: E402

WEB_THREADS = int(os.environ.get("WEB_THREADS", "4"))

pages: Any = WSGIMiddleware(wsgi, workers=WEB_THREADS)  # type: ignore[arg-type]  # Django's handler is one

application = ProtocolTypeRouter(
    {
        "http": URLRouter([*http_urlpatterns, re_path(r"", pages)]),
        "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
    }
)
