"""What this app does when the journal speaks. Imported when the app is ready."""
