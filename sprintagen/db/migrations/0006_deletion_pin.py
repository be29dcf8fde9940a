"""Sessions to be deleted, and sessions people keep at the top."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0005_upload")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.CreateModel(
            name="Deletion",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("server", fields.CharField(max_length=255)),
                ("opencode_session_id", fields.CharField(max_length=255)),
                ("actor", fields.CharField(max_length=255)),
                ("title", fields.TextField(default="", unique=False)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sprintagen_deletion",
                "app": "sprintagen",
                "unique_together": (("server", "opencode_session_id"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Pin",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("user", fields.CharField(max_length=255)),
                ("server", fields.CharField(max_length=255)),
                ("opencode_session_id", fields.CharField(max_length=255)),
                ("pinned_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sprintagen_pin",
                "app": "sprintagen",
                "unique_together": (("user", "server", "opencode_session_id"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
