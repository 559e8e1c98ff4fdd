#!/usr/bin/env bash
# Makes the virtual environment of the given folder and installs the package with all that its
# demo and its tests need. Does nothing when that is done already.
set -euo pipefail
cd "$(dirname "$0")"
venv=$1

fail() { echo "error: $*" >&2; exit 1; }

# supported PYTHON [NEWEST MINOR VERSION]
supported() { "$1" -c "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, ${2:-99}))" 2>/dev/null; }

# A sourced ROS 2 is used as it is, with the Python it was built for. Without one, rclpy comes from
# PyPI, where its wheels are for Linux on x86-64 only. ROS=no does without.
if [ "${ROS:-}" = no ]; then
  ros='no ROS 2'; extras=test,lint; options=; python=${PYTHON:-python3}; tested='--constraint constraints/tested.txt'
  supported "$python" || fail "$python is $("$python" --version 2>&1); want Python 3.10 or later"
elif [ -n "${ROS_DISTRO:-}" ] && python3 -c 'import rclpy' 2>/dev/null; then
  ros="ROS 2 $ROS_DISTRO as sourced"; extras=test,lint; options=--system-site-packages; python=python3; tested=
  supported python3 || fail "$(python3 --version) of the sourced ROS 2 is not supported; want 3.10 or later"
else
  ros='ROS 2 Jazzy from PyPI'; extras=ros,test,lint,ament; options=; python=; tested='--constraint constraints/tested.txt'
  [ "$(uname -sm)" = 'Linux x86_64' ] \
    || fail "this is $(uname -sm); ROS 2 comes from PyPI for Linux x86_64 only: source a ROS 2 first"
  for candidate in ${PYTHON:-python3 python3.12 python3.11 python3.10}; do
    if supported "$candidate" 12; then python=$candidate; break; fi
  done
  [ -n "$python" ] || fail 'no Python 3.10 to 3.12 found; install one, or name it: make PYTHON=/path/to/python3'
fi

# OpenCV's wheel opens these at import and does not bring them.
"$python" - <<'EOF' || exit 1
import ctypes
import sys
libraries = {'libGL.so.1': 'libgl1', 'libgthread-2.0.so.0': 'libglib2.0-0'}
missing = []
for library, package in libraries.items():
    try:
        ctypes.CDLL(library)
    except OSError:
        missing.append((library, package))
if missing:
    names = ', '.join(library for library, _ in missing)
    packages = ' '.join(package for _, package in missing)
    sys.exit(f'error: OpenCV needs {names}; install with: sudo apt install {packages}')
EOF

wanted=$("$python" --version; echo "$ros"; cat setup.py requirements.txt constraints/tested.txt package.xml; ls config launch models)
if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/installed-for" 2>/dev/null)" = "$wanted" ]; then
  echo "using $venv ($ros)"
  exit 0
fi

echo "making $venv with $("$python" --version) and $ros; this downloads about 1 GB once"
rm -rf "$venv"
"$python" -m venv $options "$venv" \
  || fail "the virtual environment cannot be made; on Debian and Ubuntu: sudo apt install python3-venv"
"$venv/bin/python" -m pip install --disable-pip-version-check $tested --editable ".[$extras]"
echo "$wanted" > "$venv/installed-for"
