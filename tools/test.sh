#!/usr/bin/env bash
# The one test command: installs what is missing, builds, runs every test through ctest.
#   tools/test.sh [ctest arguments]      e.g. tools/test.sh -R unit
# The suite runs with ASan and UBSan; memory figures and benches use the release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/setup.sh

omb_install_packages tools/packages.txt
omb_build release
omb_build asan
exec ctest --test-dir build/asan --no-tests=error --output-on-failure -j "$(nproc)" "$@"
