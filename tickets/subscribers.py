"""What the tickets app itself does when the journal speaks. Imported when the app is ready."""

from tickets import search

__all__ = ["search"]
