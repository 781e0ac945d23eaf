"""What happened in a run, as it happened: recorded once, read by judges and reports."""
