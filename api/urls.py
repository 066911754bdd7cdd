"""Addresses that programs call."""

from django.urls import path

from api import telegram

urlpatterns = [path("hooks/telegram/<str:path_key>/", telegram.webhook, name="telegram_webhook")]
