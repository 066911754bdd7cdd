from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """before: and after: of the search."""

    dependencies = [("tickets", "0010_bulk_jobs")]

    operations = [
        migrations.AddIndex(
            "ticket",
            models.Index(
                F("opened_at").desc(), F("id").desc(), name="tickets_opened", condition=Q(is_hidden=False)
            ),
        ),
    ]
