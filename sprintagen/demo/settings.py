"""What opencode is told in a demo: one provider, ours, and a question before every edit and command."""

from __future__ import annotations

from typing import Any

PROVIDER_ID = "scripted"
MODEL_ID = "scripted"
MODEL_NAME = "Scripted demo model"


def opencode_config(model_url: str) -> dict[str, Any]:
    """The configuration for `OPENCODE_CONFIG_CONTENT`; `model_url` is the model server's, ending in `/v1`."""
    model = f"{PROVIDER_ID}/{MODEL_ID}"
    return {
        "provider": {
            PROVIDER_ID: {
                "npm": "@ai-sdk/openai-compatible",
                "name": MODEL_NAME,
                "options": {"baseURL": model_url, "apiKey": "not-needed"},
                "models": {
                    MODEL_ID: {
                        "name": MODEL_NAME,
                        "tool_call": True,
                        "reasoning": True,
                        "limit": {"context": 128_000, "output": 8_000},
                        "cost": {"input": 0, "output": 0},
                    }
                },
            }
        },
        "model": model,
        "small_model": model,
        "enabled_providers": [PROVIDER_ID],
        "permission": {"edit": "ask", "bash": "ask"},
        "share": "disabled",
        "autoupdate": False,
    }
