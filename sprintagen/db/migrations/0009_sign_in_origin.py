"""Where a sign-in came from and with what browser, for the list of them."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0008_prompt_tried")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.AddField(
            model_name="SignIn", name="address", field=fields.CharField(max_length=64, default="", db_default="")
        ),
        ops.AddField(
            model_name="SignIn", name="browser", field=fields.CharField(max_length=200, default="", db_default="")
        ),
    ]
