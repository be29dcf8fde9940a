"""How a session's last turn failed and what its turns changed, as far as it was read."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0006_deletion_pin")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.AddField(
            model_name="SessionRecord", name="failure", field=fields.TextField(default="", db_default="", unique=False)
        ),
        ops.AddField(model_name="SessionRecord", name="failed_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="SessionRecord", name="additions", field=fields.IntField(default=0, db_default=0)),
        ops.AddField(model_name="SessionRecord", name="deletions", field=fields.IntField(default=0, db_default=0)),
        ops.AddField(model_name="SessionRecord", name="files", field=fields.IntField(default=0, db_default=0)),
    ]
