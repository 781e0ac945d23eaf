"""What people do under load: short rows of calls of one person in one channel."""
