"""NeuralMag, the peer of our solver: one film of ours as a state of its.

NeuralMag (MIT) keeps m on the nodes of the grid, bilinear in
between, and the material on its cells; ours keeps both on cells. Its films are open in the plane or
have a number of copies on either side; only what repeats along z as well repeats for ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import torch

from skyrmlive.trainer.micromagnetics.material import MU0, FilmBatch

os.environ.setdefault("NM_BACKEND", "torch")  # it prefers jax where that is installed
import neuralmag

neuralmag.logging.set_log_level(30)  # warnings only

TERMS = {
    "exchange": "exchange",
    "interfacial_dmi": "idmi",
    "zeeman": "external",
    "demagnetisation": "demag",
}
"""Our name of each energy term, and NeuralMag's."""


def film_state(
    films: FilmBatch, applied_field_t: float, m: torch.Tensor, copies: int = 0
) -> neuralmag.State:
    """Return one film with exchange, interfacial DMI, Zeeman and demagnetisation.

    Parameters
    ----------
    films
        A batch of one film; NeuralMag knows no weaker exchange between grains.
    applied_field_t
        Along +z, in tesla.
    m
        Unit vectors on the nodes, in the precision and on the device that is wanted: shape
        (3, ny + 1, nx + 1) for an open film; with copies the last row and column belong to the
        next one, (3, ny, nx).
    """
    _, ny, nx = films.shape
    cell_m, dtype = films.cell_size_nm * 1e-9, str(m.dtype).removeprefix("torch.")
    mesh = neuralmag.Mesh(
        (nx, ny), (cell_m, cell_m, films.thickness_nm * 1e-9), pbc=(copies, copies, 0)
    )
    state = neuralmag.State(mesh, device=str(m.device), dtype=dtype)

    def on_cells(values: torch.Tensor):
        return neuralmag.CellFunction(state, tensor=values[0].T.to(m).contiguous())

    state.material.Ms = on_cells(films.saturation_magnetisation)
    state.material.A = on_cells(films.exchange_stiffness)
    assert films.interfacial_dmi is not None
    state.material.Di = on_cells(-films.interfacial_dmi)  # D has the other sign there
    state.material.Di_axis = [0.0, 0.0, 1.0]
    state.material.alpha = 1.0
    state.m = neuralmag.VectorFunction(state, tensor=m.permute(2, 1, 0).contiguous())
    neuralmag.ExchangeField().register(state)
    neuralmag.InterfaceDMIField().register(state)
    applied = torch.tensor([0.0, 0.0, applied_field_t / MU0]).to(m)
    neuralmag.ExternalField(applied).register(state)
    neuralmag.DemagField().register(state)
    neuralmag.TotalField(*TERMS.values()).register(state)
    return state


def energies(state) -> dict[str, float]:
    """Return the energy of each term in joule, by our names."""
    return {ours: float(getattr(state, f"E_{theirs}")) for ours, theirs in TERMS.items()}


def total_field(state) -> Callable[[], torch.Tensor]:
    """Return what evaluates the total field at the state's m, as NeuralMag's own solver does."""
    backend = neuralmag.config.backend
    assert backend is not None
    field = backend.compile(state.resolve("h", ["m"]))
    m = state.m.tensor
    return lambda: field(m)
