"""Runs the benchmarks: ./ops bench [NAME …] [--seed XS|S|M|L]."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module

NAMES = ("ingest", "rollup", "pages", "events", "pdf", "management", "rules", "workflow", "stock", "budgets", "start")
SIZES = ("XS", "S", "M", "L")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./ops bench", description="Measure ours against bare limits, in ratios.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; all of them when left out"
    )
    parser.add_argument(
        "--seed", choices=SIZES, default="S", help="how much data: XS only proves that it runs; L is for rollup"
    )
    parser.add_argument("--no-save", action="store_true", help="leave benchmarks/results as it is")
    wishes = parser.parse_args()
    unknown = [name for name in wishes.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark '{unknown[0]}'; choose from {', '.join(NAMES)}")
    if wishes.seed == "L" and wishes.names != ["rollup"]:
        parser.error("size L is measured for rollup only")
    if len(wishes.names) != 1:
        return _each_in_its_own_process(wishes.names or list(NAMES), sys.argv[1:])
    name = wishes.names[0]
    report = import_module(f"benchmarks.{name}").run(wishes.seed)
    print(f"{name}, size {wishes.seed}\n{report.text()}")
    if not wishes.no_save:
        report.save()
    return 0


def _each_in_its_own_process(names: list[str], arguments: list[str]) -> int:
    options = [word for word in arguments if word not in names]
    codes = [subprocess.call([sys.executable, "-m", "benchmarks", name, *options]) for name in names]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
