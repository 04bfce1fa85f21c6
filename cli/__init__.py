"""The command `skyrmlive`."""
