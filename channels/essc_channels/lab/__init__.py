"""The simulated outside world behind what a channel vouches for, on a port of its own."""
