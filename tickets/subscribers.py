"""What the tickets app itself does when the journal speaks. Imported when the app is ready."""

from tickets import customer_changes, search

__all__ = ["customer_changes", "search"]
