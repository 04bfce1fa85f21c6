"""The networks that a recipe can name."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from .network import SkyrmNet
from .paper_network import PaperNet

Network: TypeAlias = SkyrmNet | PaperNet


class BlockNetwork(BaseModel):
    """A `SkyrmNet`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Literal["blocks"] = "blocks"
    filters: int = Field(default=32, ge=4)
    levels: int = Field(default=3, ge=2, le=6)
    block: Literal[1, 2, 4, 8] = 8

    def build(self) -> SkyrmNet:
        """Return a network with random weights."""
        return SkyrmNet(self.filters, self.levels, self.block)


class PaperNetwork(BaseModel):
    """A `PaperNet`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Literal["paper"] = "paper"
    filters: int = Field(default=16, ge=4)

    def build(self) -> PaperNet:
        """Return a network with random weights."""
        return PaperNet(self.filters)


NetworkRecipe: TypeAlias = Annotated[
    BlockNetwork | PaperNetwork, Field(discriminator="architecture")
]
