"""Frames in, results out: wire, recording and the live loop. Knows no model and no screen."""
