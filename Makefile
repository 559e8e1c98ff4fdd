# make demo   real head poses on the built-in moving head; SOURCE=/dev/video0 or a file for yours
# make test   the whole test suite
# Both make the virtual environment .venv first and fill it from PyPI.

SOURCE ?= sample
DURATION ?= 20
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: demo test venv clean

demo: venv
	$(RUN) -m headpose_ros.ros.demo --source "$(SOURCE)" --seconds $(DURATION)

test: venv
	$(RUN) -m pytest

venv:
	@./make_venv.sh $(VENV)

clean:
	rm -rf $(VENV) build install log
