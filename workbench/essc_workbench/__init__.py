"""The workbench: starts the parties as processes and speaks only the contract."""
