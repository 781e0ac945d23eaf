"""What a channel decides, purely: panels, flows, and what an event does to a shadow copy."""
