"""Whether a prompt failed once and is tried again: then it may have been sent before, wherever it stands in line."""

from __future__ import annotations

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sprintagen", "0007_session_outcome")]  # noqa: RUF012 - Tortoise declares it so

    operations = [  # noqa: RUF012 - Tortoise declares it so
        ops.AddField(model_name="Prompt", name="was_tried", field=fields.BooleanField(default=False, db_default=False)),
    ]
