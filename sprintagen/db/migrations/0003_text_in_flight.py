"""Text that is being said and that opencode has not stored yet."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0002_prompt")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.CreateModel(
            name="TextInFlight",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("server", fields.CharField(max_length=255)),
                ("opencode_session_id", fields.CharField(max_length=255)),
                ("message_id", fields.CharField(max_length=255)),
                ("part_id", fields.CharField(db_index=True, max_length=255)),
                ("at", fields.IntField()),
                ("text", fields.TextField(unique=False)),
                ("said_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "sprintagen_text_in_flight", "app": "sprintagen", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
