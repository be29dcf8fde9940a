"""A waiting prompt's place in line, which a person can change."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0003_text_in_flight")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.AddField(model_name="Prompt", name="place", field=fields.IntField(default=0, db_default=0)),
    ]
