"""WebSocket routes."""

from django.urls import path

from live.consumer import DeskConsumer

websocket_urlpatterns = [path("live/ws/", DeskConsumer.as_asgi())]
