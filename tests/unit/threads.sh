#!/usr/bin/env bash
# The parts with threads of their own under ThreadSanitizer: the check of keys, the syncer, backups.
# Builds what is not built yet in build/tsan. libzmq and RocksDB are not instrumented, so what they
# do among themselves is left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
programs=(unit_syncer unit_backwork unit_net unit_net_door unit_net_link unit_net_link_many)

log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset tsan && cmake --build --preset tsan --target "${programs[@]}"; } >"$log" 2>&1 ||
    { cat "$log"; exit 1; }
export TSAN_OPTIONS="suppressions=$PWD/tests/unit/threads.supp halt_on_error=1"
for program in "${programs[@]}"; do
    "build/tsan/tests/unit/$program"
done
