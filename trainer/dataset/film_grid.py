"""The grid that all films of a set share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class FilmGrid(BaseModel):
    """Square cells, `shape` (ny, nx) of them, one cell through the thickness."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: tuple[int, int]
    cell_size_nm: float
    thickness_nm: float
    periodic: bool = Field(description="films repeat in the plane; else they end in vacuum")

    def agrees_with(self, other: FilmGrid) -> bool:
        """Return whether a network can learn from films of both: periodic ones may differ in shape.

        Those fill an image of any size.
        """
        alike = other.model_copy(update={"shape": self.shape}) if self.periodic else other
        return self == alike
