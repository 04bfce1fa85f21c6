"""The networks that a recipe can name."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .network import SkyrmNet
from .paper_network import PaperNet

Network: TypeAlias = SkyrmNet | PaperNet


class BlockNetwork(BaseModel):
    """A `SkyrmNet`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Literal["blocks"] = "blocks"
    widths: tuple[Annotated[int, Field(ge=4)], ...] = Field(
        default=(16, 48, 96, 160), min_length=2, max_length=6
    )
    block: Literal[2, 4, 8] = 4
    refinements: tuple[Annotated[int, Field(ge=0)], ...] = ()
    frame_context: bool = False

    @model_validator(mode="after")
    def _check(self) -> BlockNetwork:
        if len(self.refinements) > len(self.widths):
            raise ValueError("refinements are of more levels than widths name")
        return self

    def build(self) -> SkyrmNet:
        """Return a network with random weights."""
        return SkyrmNet(self.widths, self.block, self.refinements, self.frame_context)


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
