"""Prompts that have no answer yet."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0001_initial")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.CreateModel(
            name="Prompt",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("prompt_id", fields.CharField(unique=True, max_length=64)),
                ("server", fields.CharField(max_length=255)),
                ("opencode_session_id", fields.CharField(max_length=255)),
                ("actor", fields.CharField(max_length=255)),
                ("client_key", fields.CharField(null=True, max_length=255)),
                ("message_id", fields.CharField(max_length=255)),
                ("state", fields.CharField(max_length=16)),
                ("reason", fields.TextField(default="", unique=False)),
                ("hint", fields.TextField(default="", unique=False)),
                ("outcome", fields.CharField(null=True, max_length=16)),
                ("owner", fields.CharField(max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sprintagen_prompt",
                "app": "sprintagen",
                "unique_together": (("server", "opencode_session_id", "actor", "client_key"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PromptContent",
            fields=[
                ("prompt_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("draft", fields.TextField(unique=False)),
                ("files", fields.BinaryField()),
            ],
            options={"table": "sprintagen_prompt_content", "app": "sprintagen", "pk_attr": "prompt_id"},
            bases=["Model"],
        ),
    ]
