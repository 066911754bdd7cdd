from importlib import import_module

from django.apps import AppConfig


class ChannelsInConfig(AppConfig):
    name = "channels_in"

    def ready(self) -> None:
        import_module("channels_in.conditions")
        import_module("channels_in.sentences")
        import_module("channels_in.subscribers")
        import_module("channels_in.mentions")
