from django.db import migrations

# As installations have it; where somebody has changed what the view shows, it stays as it is.
CONDITIONS = {
    "all": [
        {"field": "assignee", "op": "is", "value": "me"},
        {"field": "category", "op": "in", "value": ["new", "open", "pending", "on_hold"]},
        {"field": "snoozed", "op": "is", "value": False},
    ]
}


def forwards(apps, schema_editor):
    _reorder(apps, "-active_at", "due_at")


def backwards(apps, schema_editor):
    _reorder(apps, "due_at", "-active_at")


def _reorder(apps, old, new):
    views = apps.get_model("tickets", "View").objects.filter(key="mine", owner=None, team=None)
    views.filter(conditions=CONDITIONS, grouping="", order=old).update(order=new)


class Migration(migrations.Migration):
    """What is due first comes first in "Mine"."""

    dependencies = [("tickets", "0018_mine_by_due_time")]

    operations = [migrations.RunPython(forwards, backwards)]
