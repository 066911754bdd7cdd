"""Where sockets and the long poll are. A visitor's knows no cookie: who it is, its token says."""

from channels.auth import AuthMiddlewareStack
from django.urls import path

from live.chat.poll import PollConsumer, SendConsumer
from live.chat.socket import VisitorConsumer
from live.consumer import DeskConsumer
from live.portal import PortalConsumer

websocket_urlpatterns = [
    path("live/chat/", VisitorConsumer.as_asgi()),
    path("live/portal/", AuthMiddlewareStack(PortalConsumer.as_asgi())),
    path("live/ws/", AuthMiddlewareStack(DeskConsumer.as_asgi())),
]
http_urlpatterns = [
    path("live/chat/poll", PollConsumer.as_asgi()),
    path("live/chat/send", SendConsumer.as_asgi()),
]
