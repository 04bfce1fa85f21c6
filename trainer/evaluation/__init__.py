"""How well an engine finds and sizes skyrmions, measured where the truth is known."""
