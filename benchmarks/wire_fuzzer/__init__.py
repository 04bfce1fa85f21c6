"""Hostile input for the sockets of skyrmlive: wrong messages, damaged bytes, raw connections."""
