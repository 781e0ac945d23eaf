"""Where the channel meets the contract: what it asks of others, and what it answers phones."""
