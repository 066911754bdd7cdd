"""The settings pages: mailboxes, quarantine, mail health, people, teams, brands."""
