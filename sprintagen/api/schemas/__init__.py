"""What the API says, as models of our own: an answer of opencode is rebuilt into these, never relayed."""
