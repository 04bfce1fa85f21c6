"""A million hostile messages at a listener, raw connections at its port, lies at the viewer.

    python benchmarks/hostile_messages.py [--quick] [--json PATH] [--messages N] [--seed N]

Each target is a process of its own; what is shot at it goes through a real socket. Among the
messages come valid numbered frames, one in fifty, and one after each misuse of the port: all of
them must arrive, in order and with their pixels. Messages are drawn by hypothesis (wrong in what
they say) and damaged byte by byte. Growth is that of the target's resident set after the first
fifth. Ends with 1 if anything is lost, miscounted or grows by more than 32 MB. Linux only.
"""

from __future__ import annotations

import logging
import time

import report
from wire_fuzzer import bombard

from skyrmlive.cli.open_files import allow_many_open_files

GROWTH_MB = 32


def run(messages: int, published: int, rounds: int, silent: int, seed: int) -> dict[str, float]:
    """Shoot at all three targets and return the figures."""
    started = time.perf_counter()
    stream = bombard.at_listener(messages, seed)
    port, numbered_at_port = bombard.at_port(rounds, silent, seed)
    viewer = bombard.at_decoder(published, seed)
    taken = sum(stream.counters[key] for key in ("received", "rejected", "stage_readings"))
    numbered = -(-messages // bombard.NUMBERED_EVERY)
    faults = [*stream.faults, *port.faults, *viewer.faults]
    for fault in faults[:20]:
        logging.error("%s", fault)
    return {
        "messages": messages,
        "rejected": stream.counters["rejected"],
        "miscounted": messages - taken,
        "numbered_frames": numbered + numbered_at_port,
        "lost_frames": numbered + numbered_at_port - stream.intact - port.intact,
        "log_lines": stream.log_lines,
        "growth_mb": round(stream.growth_mb, 1),
        "silent_connections": silent,
        "misuses_of_the_port": rounds * len(bombard.raw_tcp.MISUSES),
        "port_growth_mb": round(port.growth_mb, 1),
        "published": published,
        "published_rejected": viewer.counters["rejected"],
        "published_growth_mb": round(viewer.growth_mb, 1),
        "faults": len(faults),
        "seconds": round(time.perf_counter() - started, 1),
    }


def main() -> None:
    parser = report.parser(__doc__, quick="fewer messages")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    allow_many_open_files()
    quick = options.quick
    figures = run(
        messages=50_000 if quick else options.messages,
        published=10_000 if quick else 200_000,
        rounds=20 if quick else 100,
        silent=1000 if quick else 4000,
        seed=options.seed,
    )
    report.show("Hostile messages", figures)
    report.write(options.json, figures)
    grown = max(figures[f"{of}growth_mb"] for of in ("", "port_", "published_"))
    wrong = figures["lost_frames"] or figures["miscounted"] or figures["faults"]
    if wrong or grown > GROWTH_MB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
