"""Sends tilt, defocus, field or temperature to skyrmlive, once a second, until Ctrl-C.

python send_stage.py jeol --to tcp://192.168.1.10:5555
python send_stage.py thermo-fisher --to tcp://192.168.1.10:5555 --field-table lens.csv
python send_stage.py holder-log LOG.csv --column temperature_k="T (K)" --to tcp://192.168.1.10:5555
"""

from __future__ import annotations

import argparse
import logging
import sys

from nonblocking_push import NonblockingPush, read_keys
from stage import jeol, thermo_fisher
from stage.calibration import Calibration, FieldTable
from stage.holder_log import GrowingCsv
from stage.polling import poll


def main(arguments: list | None = None) -> None:
    """Run the command line; exit with code 2 and one sentence on bad input."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if bool(options.server_key) != bool(options.own_key):
        parser.error("--server-key and --own-key go together")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        keys = read_keys(options.server_key, options.own_key) if options.server_key else None
        connect = options.source(options)
        with NonblockingPush(options.to, keys=keys) as push:
            poll(connect, push, options.every)
    except (ValueError, ImportError) as error:
        print(f"send_stage: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        logging.info("Stopped.")


def _jeol(options: argparse.Namespace):
    calibration = _calibration(options)

    def connect():
        microscope = jeol.connect()
        return lambda: calibration.quantities(jeol.read(microscope, options.fine_per_coarse))

    return connect


def _thermo_fisher(options: argparse.Namespace):
    calibration = _calibration(options)

    def connect():
        microscope = thermo_fisher.connect()
        return lambda: calibration.quantities(thermo_fisher.read(microscope))

    return connect


def _holder_log(options: argparse.Namespace):
    log = GrowingCsv(
        options.file,
        dict(options.column),
        delimiter=options.delimiter,
        decimal=options.decimal,
        encoding=options.encoding,
    )

    def read():
        found = log.read()
        if options.celsius and "temperature_k" in found:
            found["temperature_k"] += 273.15
        return found

    return lambda: read


def _calibration(options: argparse.Namespace) -> Calibration:
    return Calibration(
        reverse_tilt=options.reverse_tilt,
        defocus_nm_per_unit=options.defocus_nm_per_unit,
        focus_zero=options.focus_zero,
        field_table=FieldTable.read(options.field_table) if options.field_table else None,
    )


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--to", required=True, metavar="ADDRESS", help="address of the receiver")
    common.add_argument("--every", type=_positive, default=1.0, metavar="SECONDS")
    common.add_argument(
        "--server-key", metavar="KEY", help="public key of the receiver, or its file"
    )
    common.add_argument("--own-key", metavar="FILE", help="own.secret.json of this computer")
    optics = argparse.ArgumentParser(add_help=False)
    optics.add_argument("--field-table", metavar="CSV", help="two columns: current, field in mT")
    optics.add_argument("--defocus-nm-per-unit", type=float, metavar="NM", help="sends defocus")
    optics.add_argument("--focus-zero", type=float, default=0.0, help="reading in focus")
    optics.add_argument("--reverse-tilt", action="store_true", help="tilts count the other way")

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sources = parser.add_subparsers(dest="name", metavar="SOURCE")
    sources.required = True
    one = sources.add_parser("jeol", parents=[common, optics], help="PyJEM on the TEM's computer")
    one.add_argument("--fine-per-coarse", type=_positive, default=32.0, metavar="STEPS")
    one.set_defaults(source=_jeol)
    one = sources.add_parser("thermo-fisher", parents=[common, optics], help="temscript")
    one.set_defaults(source=_thermo_fisher)
    one = sources.add_parser("holder-log", parents=[common], help="growing CSV file of a holder")
    one.add_argument("file", help="CSV file, or a pattern of which the newest file is read")
    one.add_argument(
        "--column", action="append", required=True, type=_column, metavar="QUANTITY=HEADING"
    )
    one.add_argument("--celsius", action="store_true", help="temperature_k is logged in Celsius")
    one.add_argument("--delimiter", help="default: comma, semicolon or tab, as in the headings")
    one.add_argument("--decimal", default=".", choices=[".", ","])
    one.add_argument("--encoding", default="utf-8-sig")
    one.set_defaults(source=_holder_log)
    return parser


def _column(text: str) -> tuple:
    quantity, equals, heading = text.partition("=")
    if not (quantity and equals and heading):
        raise argparse.ArgumentTypeError(f"{text!r}: write temperature_k=HEADING")
    return quantity, heading


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not greater than 0")
    return number


if __name__ == "__main__":
    main()
