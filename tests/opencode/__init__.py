"""The client, without a server, and against the real one where it says so."""
