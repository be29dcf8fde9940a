"""What a person can have the page do: one table of commands, which menus, keys, palette and help share."""
