"""Addresses under /settings/ of chats."""

from django.urls import path

from desk.settings.views import widgets

urlpatterns = [
    path("chats/", widgets.chats, name="chats_settings"),
    path("chats/new/", widgets.new_chat, name="new_chat"),
    path("chats/<int:widget_id>/", widgets.chat, name="chat_settings"),
    path("chats/<int:widget_id>/secret/", widgets.chat_secret, name="chat_secret"),
]
