"""The numbers of one frame, from what was found in it."""

from __future__ import annotations

import pandas as pd

from ..stream.frame import Frame
from ..stream.result import ResultSummary
from .engine import Engine
from .segmenter import Segmentation


def summarise(
    frame: Frame, found: Segmentation, engine: Engine, index: int, received_at: float
) -> ResultSummary:
    """Return the summary of a frame, all but its latency.

    Parameters
    ----------
    engine
        That found it.
    index
        Of the frame in its run or file, from 0.
    received_at
        Unix seconds.
    """
    metadata, diameter, condition = frame.metadata, found.diameter, engine.condition
    height, width = frame.shape
    n_stripes = int(found.table["is_stripe"].sum())
    psi6 = found.table["psi6_abs"].mean()
    return ResultSummary(
        frame=index,
        seq=metadata.seq,
        timestamp=metadata.timestamp,
        received_at=received_at,
        height=height,
        width=width,
        pixel_size_nm=metadata.pixel_size_nm,
        temperature_k=metadata.temperature_k,
        field_mt=metadata.field_mt,
        stage_age_s=metadata.stage_age_s or {},
        n_skyrmions=len(found.table) - n_stripes,
        n_stripes=n_stripes,
        mean_diameter_nm=diameter.mean_nm,
        mean_diameter_low_nm=diameter.low_nm,
        mean_diameter_high_nm=diameter.high_nm,
        std_diameter_nm=diameter.std_nm,
        diameter_definition=condition.core_definition.replace("<", "="),
        mask_definition=condition.mask_definition,
        density_per_um2=found.density_per_um2,
        mean_psi6_abs=None if pd.isna(psi6) else float(psi6),
        unfamiliarity=found.unfamiliarity,
        engine=engine.engine_id,
        warnings=found.warnings,
    )
