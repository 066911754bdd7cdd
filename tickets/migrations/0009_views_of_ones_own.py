import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tickets", "0008_drafts_keep_their_way"),
    ]

    operations = [
        migrations.AddField(
            model_name="view",
            name="columns",
            field=models.JSONField(
                blank=True, default=list, help_text="names of Column; empty: the usual ones"
            ),
        ),
        migrations.AddField(
            model_name="view",
            name="grouping",
            field=models.CharField(
                blank=True,
                choices=[
                    ("status", "Status"),
                    ("assignee", "Assignee"),
                    ("team", "Team"),
                    ("priority", "Priority"),
                    ("organization", "Organisation"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="ViewPlace",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="null: where it is by itself", null=True
                    ),
                ),
                ("is_hidden", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="view_places",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "view",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="tickets.view",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("view", "user"), name="tickets_view_place_once")
                ],
            },
        ),
    ]
