"""Which films are learned from, and which are kept back to validate on."""

from __future__ import annotations

from ...stream.errors import UserError
from ..dataset.film_store import FilmStore

FilmSelection = list[tuple[FilmStore, list[int]]]


def split_films(stores: list[FilmStore], window: int = 256) -> tuple[FilmSelection, FilmSelection]:
    """Return the films to learn from and those to validate on: every tenth of each store.

    Where some stores have films that fill an image, others are not validated on: a small film that
    is repeated is no frame that anyone takes, and sizes come out otherwise
    (docs/decisions/0018).

    Parameters
    ----------
    window
        Cells along the side of an image.

    Raises
    ------
    UserError
        If a store has fewer than ten films, or the stores' grids do not agree.
    """
    if not all(store.grid.agrees_with(stores[0].grid) for store in stores):
        raise UserError("The sets of films have different grids or thicknesses; train on one kind.")
    training, validation = [], []
    for store in stores:
        films = [record["index"] for record in store.records()]
        if len(films) < 10:
            raise UserError(f"{store.path} holds {len(films)} films; at least 10 are needed.")
        training.append((store, [film for film in films if film % 10 != 9]))
        validation.append((store, [film for film in films if film % 10 == 9]))
    filling = [each for each in validation if fills(each[0].grid.shape, (window, window))]
    return training, filling or validation


def fills(shape: tuple[int, ...], window: tuple[int, int]) -> bool:
    """Say whether a film of (ny, nx) cells fills an image of `window`."""
    return all(side >= cut for side, cut in zip(shape, window, strict=True))
