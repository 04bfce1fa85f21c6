"""The whole recipe of an engine: films, optics, labels, noise, network and plan, one TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ...inference.bundle import RECIPE, EngineBundle
from ...stream.errors import UserError
from ..dataset.labels import LabelRule
from ..dataset.recipe_files import load_preset
from ..toml_models import PresetFolder
from .architectures import BlockNetwork, NetworkRecipe
from .bending import Bending
from .degradation import Degradation
from .optics import Optics
from .resizing import Resizing

#: A Lorentz image is taken at tenths of a millimetre to centimetres. Less was told in another unit.
_LEAST_DEFOCUS_NM = 1e4


class WantedFilms(BaseModel):
    """A set of films to learn from: so many of a preset of `skyrmlive simulate`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str
    films: int = Field(ge=10)
    seed: int = Field(ge=0)
    cells: int | None = Field(
        default=None, ge=32, description="along x and y, where not those of the preset"
    )
    max_steps: int | None = Field(
        default=None, ge=1, description="descent steps a film may take; stripes creep for ever"
    )
    is_ordinary: bool = Field(
        default=True,
        description="false: it learns to draw them, and warns of a frame like them all the same",
    )

    def fill(self, window: int) -> bool:
        """Say whether each of them fills an image of `window` cells along its side."""
        return (self.cells or load_preset(self.preset).cells) >= window


class TrainingPlan(BaseModel):
    """How long and how fast to learn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=3000, ge=0)
    finish_steps: int = Field(
        default=0,
        ge=0,
        description="more steps in the end, on films that fill an image, with the sense of a "
        "frame's mean size as it was fitted",
    )
    finish_learning_rate: float = Field(default=5e-4, gt=0, description="in those")
    batch: int = Field(default=16, ge=1)
    window: int = Field(
        default=256, ge=32, multiple_of=32, description="cells along the side of an image"
    )
    optimiser: Literal["adamw", "muon"] = Field(
        default="adamw", description="muon for the kernels of convolutions, beside AdamW"
    )
    learning_rate: float = Field(default=3e-3, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    warm_up_steps: int = Field(default=100, ge=0)
    average_decay: float = Field(default=0.998, ge=0, lt=1)
    jaccard_weight: float = Field(default=0.5, ge=0, description="beside cross-entropy's 1")
    core_weight: float = Field(default=1.0, ge=0, description="beside the mask's 1")
    size_weight: float = Field(default=0.3, ge=0, description="of each skyrmion's size")
    frame_size_weight: float = Field(
        default=1.0, ge=0, description="of the frame's mean size; 0 leaves it"
    )
    seed: int = Field(default=0, ge=0)
    validate_every: int = Field(default=250, ge=1)
    validation_examples: int = Field(default=200, ge=1)
    patience: int | None = Field(
        default=None, ge=1, description="validations without a better one, after which it stops"
    )
    sense_examples: int = Field(
        default=0, ge=0, description="that the sense of a frame's mean size is fitted to at the end"
    )
    sense_told_defocus_error: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="in those, where it is not that of the optics: the sense is what has to bear a "
        "defocus that is told wrong (docs/decisions/0027)",
    )
    reliability_frames: int = Field(
        default=500, ge=1, description="frames that each part of the reliability is fitted to"
    )
    loader_processes: int = Field(default=2, ge=0)
    mixed_precision: bool = Field(
        default=False, description="on a CPU as well, if it computes in bf16; a GPU always does"
    )


class TrainingRecipe(BaseModel):
    """Everything that an engine is made of, but for the seeds' arithmetic."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1)
    description: str = ""
    start_from: str | None = Field(
        default=None, description="engine whose weights training starts from, not random ones"
    )
    films: tuple[WantedFilms, ...] = ()
    optics: Optics
    labels: LabelRule = LabelRule()
    resizing: Resizing = Resizing()
    bending: Bending = Bending()
    degradation: Degradation
    network: NetworkRecipe = BlockNetwork()
    looks: Literal[1, 2] = Field(
        default=1,
        description="2 for an engine of twice the work, which looks at an image and at its mirror "
        "image; of films without a mirror image, and of the paper's network, it looks once",
    )
    plan: TrainingPlan = TrainingPlan()

    @property
    def sense_optics(self) -> Optics:
        """The optics of the examples that the sense of size is fitted to."""
        error = self.plan.sense_told_defocus_error
        return self.optics if error is None else self.optics.told_within(error)

    def planned(self, **plan: int | None) -> TrainingRecipe:
        """Return the recipe with other numbers in its plan, where they are given."""
        given = {name: value for name, value in plan.items() if value is not None}
        return self.model_copy(update={"plan": self.plan.model_copy(update=given)})

    def going_on(self, engine: str, sense_examples: int = 0) -> TrainingRecipe:
        """Return by what an engine of this recipe goes on: other images of films that fill one.

        Parameters
        ----------
        engine
            Its name or folder.
        sense_examples
            That its sense of size is fitted to first; 0 leaves it as it is.
        """
        plan = self.plan
        update = {"frame_size_weight": 0.0, "sense_examples": sense_examples, "seed": plan.seed + 1}
        if sense_examples:  # nothing but a finish, which comes behind the fit
            finish = {"finish_steps": plan.steps, "finish_learning_rate": plan.learning_rate}
            plan = plan.model_copy(update=update | {"steps": 0} | finish)
        else:
            plan = plan.model_copy(update=update | {"finish_steps": 0})
        filling = tuple(films for films in self.films if films.fill(plan.window))
        return self.model_copy(
            update={"start_from": engine, "films": filling or self.films, "plan": plan}
        )

    @field_validator("optics")
    @classmethod
    def _is_told_in_nm(cls, optics: Optics) -> Optics:
        if abs(optics.defocus_nm) < _LEAST_DEFOCUS_NM:
            raise ValueError(
                f"defocus_nm is {optics.defocus_nm:g} nm, and skyrmions are seen from "
                f"{_LEAST_DEFOCUS_NM:g} nm on; 5 mm of underfocus are -5e6 nm"
            )
        return optics


PRESETS = PresetFolder(Path(__file__).parent / "presets", TrainingRecipe)
"""The recipes that come along."""


def recipe_of(bundle: EngineBundle) -> TrainingRecipe:
    """Return the recipe that an engine was made by.

    Raises
    ------
    UserError
        The bundle has none, or one of another version.
    """
    content = bundle.files.get(RECIPE)
    if content is None:
        raise UserError(f"The engine {bundle.engine_id} brings no recipe.")
    try:
        return TrainingRecipe.model_validate_json(content)
    except ValidationError:
        raise UserError(f"The recipe of {bundle.engine_id} is one of another version.") from None
