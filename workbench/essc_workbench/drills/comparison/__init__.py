"""Two drills side by side: what differs, and what of it may be chance."""
