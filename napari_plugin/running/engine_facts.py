"""What there is to know of each installed engine before one chooses it."""

from __future__ import annotations

from dataclasses import dataclass

from ...inference.bundle import EngineBundle
from ...inference.condition import ImagingCondition, Range
from ...inference.condition_check import contrast_is_inverted, known_quantities
from ...inference.engine_choice import choose_engine, is_inside
from ...inference.engine_store import list_engines
from ...stream.errors import UserError
from ...stream.frame import FrameMetadata
from ..words import unbroken

AUTOMATIC = "Automatic: suits each frame"
_NOISE_PERCENT = "10"


@dataclass(frozen=True)
class EngineFacts:
    """One engine.

    Attributes
    ----------
    name
        By which it is chosen.
    condition
        What it was made for; None where its bundle cannot be used.
    line
        Condition, envelope and accuracy in one line; or why it cannot be used.
    card
        Its card as Markdown, may be empty.
    """

    name: str
    condition: ImagingCondition | None
    line: str
    card: str = ""


@dataclass(frozen=True)
class Match:
    """How an engine and the frames go together.

    Attributes
    ----------
    warning
        One sentence, empty if nothing known of the frames lies outside of the envelope.
    better
        Name of an engine that suits them better, None if there is none.
    """

    warning: str = ""
    better: str | None = None


def installed_engines() -> list[EngineFacts]:
    """Read the bundles of all engines and verify them: slow work, not for the main thread."""
    return [_facts(name, path) for name, path in list_engines().items()]


def match(metadata: FrameMetadata, engine: ImagingCondition, engines: list[EngineFacts]) -> Match:
    """Say whether `engine` was made for frames such as this one, and which one suits better."""
    if is_inside(metadata, engine):
        return Match()
    outside = [
        f"{quantity.name} {quantity.value:.3g} {quantity.unit} instead of "
        f"{_span(Range(low=quantity.low, high=quantity.high))}"
        for quantity in known_quantities(metadata, engine)
        if quantity.outside
    ]
    if contrast_is_inverted(metadata, engine):
        outside.append("a defocus of the opposite sign")
    text = f"{engine.name} was not made for these frames: {', '.join(outside)}."
    usable = [facts.condition for facts in engines if facts.condition is not None]
    if usable:
        best, reason = choose_engine(metadata, usable)
        if best.name != engine.name:
            return Match(f"{text} {best.name} suits better: {reason}.", best.name)
    return Match(f"{text} No installed engine suits better; `skyrmlive train` makes one.")


def _facts(name: str, path: object) -> EngineFacts:
    try:
        bundle = EngineBundle.load(str(path))
    except UserError as error:  # one damaged bundle must not hide the others
        return EngineFacts(name, None, f"cannot be used: {error}")
    condition, envelope = bundle.condition, bundle.condition.envelope
    parts = [
        f"{condition.defocus_nm * 1e-6:g} mm ({_span(envelope.defocus_nm, 1e-6)})",
        f"{condition.tilt_deg:g}° ({_span(envelope.tilt_deg)})",
        f"{condition.voltage_kv:g} kV",
        f"{condition.pixel_size_nm:g} nm/px ({_span(envelope.pixel_size_nm)})",
    ]
    line, accuracy = ", ".join(map(unbroken, parts)), accuracy_of(bundle.card)
    if accuracy:
        line += f" · {accuracy}"
    return EngineFacts(name, condition, line, bundle.card)


def accuracy_of(card: str) -> str:
    """Return the figures at 10 % noise from the table of a card, empty if it has none."""
    header: list[str] = []
    for line in card.splitlines():
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0].startswith("noise"):
            header = cells
        elif header and cells[0] == _NOISE_PERCENT:
            row = dict(zip(header, cells, strict=False))
            words = {
                "Jaccard index": "Jaccard {}",
                "diameter, standard deviation (%)": "sizes ±{} %",
            }
            found = [text.format(row[name]) for name, text in words.items() if name in row]
            return ", ".join(found) + f" at {_NOISE_PERCENT} % noise" if found else ""
    return ""


def _span(limits: Range, factor: float = 1.0) -> str:
    low, high = limits.low * factor, limits.high * factor
    low, high = sorted((low, high), key=abs)
    return f"{low:.3g} to {high:.3g}"
