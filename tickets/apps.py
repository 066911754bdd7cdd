from importlib import import_module

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        import_module("tickets.subscribers")
