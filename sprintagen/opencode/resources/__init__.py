"""opencode's routes: one class per noun, one request per method, typed in and out."""
