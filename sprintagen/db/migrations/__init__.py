"""The tables as they were made, step by step; written by `tortoise makemigrations`, read by `open_db`."""
