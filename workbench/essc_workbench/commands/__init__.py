"""The subcommands of `essc`: each imports what it needs when it runs."""
