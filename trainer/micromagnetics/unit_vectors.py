"""Lengths of the vectors on all cells, and keeping |m| = 1.

torch.linalg.vector_norm takes many times as long across three components that lie apart.
"""

from __future__ import annotations

import torch


def length(vectors: torch.Tensor) -> torch.Tensor:
    """Return the length of each cell's vector, (batch, 3, ...) to (batch, 1, ...)."""
    return (vectors * vectors).sum(dim=1, keepdim=True).sqrt()


def normalised(m: torch.Tensor) -> torch.Tensor:
    """Return `m` (batch, 3, ...) with |m| = 1; zero vectors, where there is no film, stay zero."""
    return m * torch.rsqrt((m * m).sum(dim=1, keepdim=True).clamp(min=1e-12))
