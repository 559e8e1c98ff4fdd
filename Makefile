# make demo   real head poses on the built-in moving head; SOURCE=/dev/video0 or a file for yours
#             VIEW=1 shows it on a web page, until Ctrl-C
# make check  in a minute: make lint, and the tests that need neither ROS, nor a browser, nor data,
#             nor a process of their own
# make test   the whole test suite, two files at a time, and how much of the code it runs; a test
#             that hangs fails after ten minutes; at its end stands what was skipped, and why
# make lint   the checks of style and types that pre-commit does, on all files
# make docs   API reference from the docstrings, into build/docs; warnings are errors
# make hooks  what pre-commit does on all files: make lint, and files of other kinds
# make bench  speed against bare FaceMesh, into docs/performance.md; takes a quarter of an hour,
#             with HEADPOSE_AFLW2000 half an hour
# make soak   memory, latency and rate of the node over MINUTES=10, with a plot
# All make the virtual environment .venv first and fill it from PyPI. PYTHON=python3.12 chooses the
# Python; ROS=no leaves ROS 2 out, and with it the tests that need it: any machine, Python 3.10 on.

SOURCE ?= sample
DURATION ?=
VIEW ?=
MINUTES ?= 10
ROS ?=
PYTHON ?=
DOCS := build/docs
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: demo check test lint docs hooks bench soak venv clean

demo: venv
	$(RUN) -m headpose_ros.ros.demo --source "$(SOURCE)" $(if $(DURATION),--seconds $(DURATION)) \
	  $(if $(VIEW),--view)

check: lint
	$(RUN) -m pytest -n 2 --dist loadfile -m 'not (slow or ros or browser or data)'

test: venv
	$(RUN) -m pytest -n 2 --dist loadfile --timeout 600 --cov

lint: venv
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy

docs: venv
	$(RUN) -m sphinx --fresh-env --quiet --fail-on-warning --keep-going docs/api $(DOCS)
	@echo "wrote $(DOCS)/index.html"

hooks: venv
	$(VENV)/bin/pre-commit run --all-files

bench: venv
	$(RUN) -m benchmarks report

soak: venv
	$(RUN) -m benchmarks soak --source "$(SOURCE)" --minutes $(MINUTES)

venv:
	@ROS="$(ROS)" PYTHON="$(PYTHON)" ./make_venv.sh $(VENV)

clean:
	rm -rf $(VENV) build install log
