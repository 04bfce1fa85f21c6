"""Draw the pictures of docs/proof.md and write its tables: `python tools/make_proof.py`.

Needs Python 3.11 and the extras `train` and `dev`. Everything is computed anew, in a few minutes on
two cores.
"""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from proof import (
    camera,
    dmi,
    gradient,
    lattice,
    neuralmag_film,
    problem_4,
    relaxation,
    stripe,
    tilt,
)
from proof.evidence import Evidence, Verdict, share, table

DOCS = Path(__file__).parent.parent / "docs"
SECTIONS = (problem_4, dmi, gradient, stripe, tilt, lattice, neuralmag_film, camera, relaxation)


def summary(verdicts: list[Verdict]) -> str:
    """Return the table of all verdicts."""
    rows = [
        (each.what, share(each.deviation), share(each.limit), "yes" if each.is_met else "**no**")
        for each in verdicts
    ]
    return table(("comparison", "deviation", "limit", "met"), rows)


def filled(page: str, tables: dict[str, str]) -> str:
    """Return the page with each table between `<!-- table: NAME -->` and `<!-- end -->`.

    Raises
    ------
    ValueError
        Page and tables do not name the same.
    """
    marks = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
    named = [mark[1] for mark in marks.findall(page)]
    if sorted(named) != sorted(tables):
        raise ValueError(f"the page has the tables {sorted(named)}, the tool {sorted(tables)}")
    return marks.sub(lambda mark: f"{mark[1]}\n{tables[mark[2]]}\n\n{mark[3]}", page)


def in_two_processes(proofs: list[Callable[[Path], Evidence]], pictures: Path) -> list[Evidence]:
    """Return what the proofs found, in their order."""
    # one thread each: sums then do not depend on the machine's cores
    with ProcessPoolExecutor(
        2, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)
    ) as pool:
        return list(pool.map(_prove, proofs, [pictures] * len(proofs)))


def _prove(proof: Callable[[Path], Evidence], pictures: Path) -> Evidence:
    return proof(pictures)


def main() -> None:
    """Redo every comparison and rewrite the page."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    page, pictures = DOCS / "proof.md", DOCS / "pictures" / "proof"
    pictures.mkdir(parents=True, exist_ok=True)
    found = in_two_processes([each.prove for each in SECTIONS], pictures)
    tables = {name: text for each in found for name, text in each.tables.items()}
    tables["summary"] = summary([verdict for each in found for verdict in each.verdicts])
    page.write_text(filled(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
    for name, text in tables.items():
        print(f"{name}\n\n{text}\n")


if __name__ == "__main__":
    main()
