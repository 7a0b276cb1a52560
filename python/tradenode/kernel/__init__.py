"""What a node runs on: time, inboxes, and what keeps its parts alive."""
