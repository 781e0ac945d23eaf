"""What a channel keeps: one SQLite file for the channel, another for its simulated authority."""
