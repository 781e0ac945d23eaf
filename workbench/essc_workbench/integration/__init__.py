"""The integrator's first minute: a registered channel, its files, and a first call that works."""
