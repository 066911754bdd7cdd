from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [("notifications", "0001_initial"), ("tickets", "0002_search_configuration")]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="ticket",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to="tickets.ticket",
            ),
        ),
    ]
