"""The first tables."""

from __future__ import annotations

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.CreateModel(
            name="Preference",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("user", fields.CharField(max_length=255)),
                ("key", fields.CharField(max_length=255)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "sprintagen_preference",
                "app": "sprintagen",
                "unique_together": (("user", "key"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Seen",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("user", fields.CharField(max_length=255)),
                ("server", fields.CharField(max_length=255)),
                ("opencode_session_id", fields.CharField(max_length=255)),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sprintagen_seen",
                "app": "sprintagen",
                "unique_together": (("user", "server", "opencode_session_id"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SessionRecord",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("opencode_session_id", fields.CharField(null=True, max_length=255)),
                ("server", fields.CharField(max_length=255)),
                ("title", fields.TextField(default="", unique=False)),
                ("directory", fields.TextField(default="", unique=False)),
                ("repo_url", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("origin", fields.CharField(max_length=16)),
                ("ticket", fields.CharField(null=True, max_length=255)),
                ("created_by", fields.CharField(null=True, max_length=255)),
            ],
            options={
                "table": "sprintagen_opencode_session",
                "app": "sprintagen",
                "unique_together": (("server", "opencode_session_id"),),
                "pk_attr": "id",
                "table_description": "what sprintagen keeps of an opencode session",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SignIn",
            fields=[
                ("id_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("actor", fields.CharField(max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "sprintagen_sign_in", "app": "sprintagen", "pk_attr": "id_hash"},
            bases=["Model"],
        ),
    ]
