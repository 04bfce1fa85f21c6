# Everything sets itself up: a virtual environment each, and where it may the system libraries.
#   make demo            a simulated field sweep through the whole system, no screen needed
#   make demo VIEWER=1   the same, watched in napari
#   make test            style, types and all tests (napari in a virtual screen)
#   make test WORKERS=4  the same on four cores

.DEFAULT_GOAL := help
.PHONY: help demo test lint detector soak clean
.NOTPARALLEL:
SHELL := /bin/bash

VIEWER ?= 0
OUT ?= demo-output
TEST_EXTRAS := train,viewer,formats,dectris,dev
TEST := .venv/test/bin
# A file of tests stays in one process, since its tests share what is slow to make.
WORKERS ?= 2
IN_PARALLEL := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# Napari's plugin of pytest loads Qt for whatever test, which takes long and is asking for trouble.
WITHOUT_QT := -p no:napari -p no:napari-plugin-engine -p no:npe2 -p no:pytest-qt

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo:  ## play a simulated field sweep through the system (VIEWER=1: watch it in napari)
ifeq ($(VIEWER),1)
	@tools/setup_screen.sh
	@tools/setup_environment.sh .venv/viewer viewer
	@.venv/viewer/bin/skyrmlive demo --out $(OUT) --viewer
else
	@tools/setup_environment.sh .venv/demo
	@.venv/demo/bin/skyrmlive demo --out $(OUT)
endif

lint:  ## style and types
	@tools/setup_environment.sh .venv/test $(TEST_EXTRAS)
	@echo "== ruff check" && $(TEST)/ruff check .
	@echo "== ruff format --check" && $(TEST)/ruff format --check .
	@echo "== pyright" && $(TEST)/pyright --pythonpath $(TEST)/python

# The screen is required here: without it the tests of the viewer would be skipped in silence.
test: lint  ## style, types and all tests (PYTEST=... hands options to pytest)
	@tools/setup_screen.sh --virtual
ifeq ($(strip $(PYTEST)),)
# Napari's tests apart: behind them, in their process, the trainer's have ended in a segmentation
# fault, for a reason that was not found. Each of their processes has a screen of its own.
	@echo "== pytest" && $(TEST)/pytest $(IN_PARALLEL) $(WITHOUT_QT) --ignore tests/napari_plugin
	@echo "== pytest, viewer" && SKYRMLIVE_REQUIRE_SCREEN=1 $(TEST)/pytest $(IN_PARALLEL) tests/napari_plugin
else
	@echo "== pytest" && SKYRMLIVE_REQUIRE_SCREEN=1 $(TEST)/pytest $(PYTEST)
endif

detector:  ## the DECTRIS source against a simulated detector, in an environment of its own
	@tools/setup_environment.sh .venv/test $(TEST_EXTRAS)
	@tools/setup_simulated_eiger.sh
	@$(TEST)/pytest tests/stream/dectris

soak:  ## an hour of serve under load: memory, handles, latency, losses (4 GB of disk)
	@tools/setup_environment.sh .venv/test $(TEST_EXTRAS)
	@$(TEST)/python benchmarks/soak.py --minutes 60

clean:  ## remove environments, caches and what demo and tests wrote
	rm -rf .venv demo-output test-output build .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
