"""The channels: one program, one profile for each."""
