"""Files that were attached to a message which is not sent yet."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0004_prompt_place")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.CreateModel(
            name="Upload",
            fields=[
                ("upload_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("actor", fields.CharField(max_length=255)),
                ("filename", fields.CharField(max_length=255)),
                ("mime", fields.CharField(max_length=127)),
                ("size", fields.IntField()),
                ("data", fields.BinaryField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "sprintagen_upload", "app": "sprintagen", "pk_attr": "upload_id"},
            bases=["Model"],
        ),
    ]
