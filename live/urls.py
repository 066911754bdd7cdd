"""WebSocket routes."""

from django.urls import path

from live.consumer import DeskConsumer
from live.portal import PortalConsumer

websocket_urlpatterns = [
    path("live/ws/", DeskConsumer.as_asgi()),
    path("live/portal/", PortalConsumer.as_asgi()),
]
