"""A text search configuration of our own: Russian stems for Cyrillic words, English ones for Latin."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.RunSQL(
            # PostgreSQL's "russian" already sends ASCII words to the English stemmer. A copy under our
            # own name can be changed later without touching what other databases rely on.
            "CREATE TEXT SEARCH CONFIGURATION otklik (COPY = pg_catalog.russian)",
            "DROP TEXT SEARCH CONFIGURATION otklik",
        ),
        # Ticket numbers start where they look like numbers of a company that is at work.
        migrations.RunSQL(
            "ALTER TABLE tickets_ticket ALTER COLUMN id RESTART WITH 1001",
            migrations.RunSQL.noop,
        ),
    ]
