"""A browser that is watched while it shows what strangers have written."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Dialog, Route


class Watch:
    """What pages of a browser did that they should not. ``origins``: whence they may load anything."""

    def __init__(self, context: BrowserContext, *origins: str) -> None:
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        context.route(lambda url: not url.startswith(origins), self._refuse)
        context.on("dialog", self._dismiss)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _refuse(self, route: Route) -> None:
        if not route.request.url.startswith(("blob:", "about:")):
            self.foreign.append(route.request.url)
        route.abort()

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def assert_quiet(self) -> None:
        assert self.foreign == []
        assert self.dialogs == []
        assert self.errors == []
