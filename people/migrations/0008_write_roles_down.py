from django.db import migrations

BUILT_IN = {"administrator": "all", "manager": "all", "agent": "teams", "expert": "teams"}


def write_down(apps, schema_editor):
    """The built-in roles as rows. What somebody sees stays as it was, whichever their role is.

    Managers and administrators saw everything whatever was chosen for them: now it says so. Whose choice
    differs from their role keeps it as their own.
    """
    roles = apps.get_model("people", "StaffRole")
    users = apps.get_model("people", "User").objects
    for kind, access in BUILT_IN.items():
        roles.objects.get_or_create(key=kind, defaults={"kind": kind, "access": access})
        if access == "all":
            users.filter(role=kind).update(access="all")
        else:
            users.filter(role=kind).exclude(access=access).update(access_is_own=True)


class Migration(migrations.Migration):
    dependencies = [("people", "0007_roles")]

    operations = [migrations.RunPython(write_down, migrations.RunPython.noop)]
