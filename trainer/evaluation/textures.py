"""Stripes and mixed phases: what an engine makes of films that are not skyrmions alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .study import StudyTables


def texture_summary(tables: StudyTables) -> dict[str, float]:
    """Return what was found in such films, all of a kind together.

    Returns
    -------
    dict with `films`; `skyrmions` and `stripes` that are there; `skyrmions_found` (share matched)
    and of these `called_stripes`; `stripes_found` (share matched) and of these `called_skyrmions`,
    which is what spoils a mean diameter; `invented` (share of all that was found); NaN of nothing.
    """
    objects = tables.skyrmions
    matched, found = objects["matched"].to_numpy(), objects["is_found"].to_numpy()
    is_true = objects["is_true"].to_numpy()
    true_stripe = objects["is_stripe_true"].to_numpy()
    found_stripe = objects["is_stripe_found"].to_numpy()
    skyrmion, stripe = is_true & ~true_stripe, is_true & true_stripe
    return {
        "films": len(tables.films),
        "skyrmions": int(skyrmion.sum()),
        "stripes": int(stripe.sum()),
        "skyrmions_found": _share(matched, skyrmion),
        "called_stripes": _share(found_stripe, skyrmion & matched),
        "stripes_found": _share(matched, stripe),
        "called_skyrmions": _share(~found_stripe, stripe & matched),
        "invented": _share(objects["invented"].to_numpy(), found),
    }


def texture_table(tables: dict[str, StudyTables]) -> pd.DataFrame:
    """Return `texture_summary` of each kind of film, indexed by `films of`, from A to Z."""
    rows = {kind: texture_summary(each) for kind, each in sorted(tables.items())}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("films of")


def _share(what: np.ndarray, of: np.ndarray) -> float:
    return float(np.mean(what[of])) if of.any() else float("nan")
