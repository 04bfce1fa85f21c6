"""Keeping |m| = 1."""

from __future__ import annotations

import torch


def normalised(m: torch.Tensor) -> torch.Tensor:
    """Return `m` (batch, 3, ...) with |m| = 1; zero vectors, where there is no film, stay zero.

    Several times faster than `torch.linalg.vector_norm` over three components that lie apart.
    """
    return m * torch.rsqrt((m * m).sum(dim=1, keepdim=True).clamp(min=1e-12))
