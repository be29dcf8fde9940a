"""Which secret opened a sign-in, so that it ends with the secret; those from before, of which nobody knows, end now."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0009_sign_in_origin")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.AddField(
            model_name="SignIn", name="opened_by", field=fields.CharField(max_length=64, default="", db_default="")
        ),
    ]
