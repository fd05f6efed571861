#!/bin/sh
# make_venv.sh DIR REQUIREMENTS: a Python virtual environment in DIR with what the file asks for. A second call with the same
# requirements answers at once and needs no network.
set -eu
[ $# -eq 2 ] || { echo "usage: make_venv.sh DIR REQUIREMENTS" >&2; exit 2; }
dir=$1
requirements=$2

if [ -e "$dir/requirements.txt" ] && cmp -s "$requirements" "$dir/requirements.txt"; then
  exit 0
fi
python3 -m venv "$dir" || {
  echo "make_venv.sh: python3 cannot make virtual environments (on Debian: apt-get install python3-venv)" >&2
  exit 3
}
"$dir/bin/python" -m pip --quiet --disable-pip-version-check install -r "$requirements"
cp "$requirements" "$dir/requirements.txt"
