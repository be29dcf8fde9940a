"""The gallery: every renderer of parts and tool calls in every state. For development; only the demo has it."""
