"""Seeds for what is random in a sweep, each independent of all others."""

from __future__ import annotations

import numpy as np


def seed_of(sweep_seed: int, frame: int, purpose: str) -> int:
    """Return the seed of one purpose in one frame of a sweep, below 2^32."""
    entropy = np.random.SeedSequence([sweep_seed, frame, *purpose.encode()])
    return int(entropy.generate_state(1)[0])
