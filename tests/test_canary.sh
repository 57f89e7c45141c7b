#!/usr/bin/env bash
# Every canary must fail, and the harness must say which one: see tests/canary.c.
set -euo pipefail
: "${FASTI_BIN:?the folder of the built programs}"

output=$(mktemp)
trap 'rm -f "$output"' EXIT

names=$("$FASTI_BIN/canary" --list | sed -n 's/^[^a-z]* \([a-z_]*\)$/\1/p')
[ "$(wc -w <<<"$names")" = 5 ] || {
    echo "expected 5 canaries, found: $names"
    exit 1
}
for name in $names; do
    status=0
    "$FASTI_BIN/canary" --filter "canary/$name" >"$output" 2>&1 || status=$?
    sign="canary::$name"
    # A leak leaves Criterion's exit status alone: ctest looks for this line instead.
    [ "$name" != leak ] || { sign='ERROR: LeakSanitizer' && status=1; }
    if [ "$status" = 0 ] || ! grep -q "$sign" "$output"; then
        echo "canary $name was not reported as a failure:"
        cat "$output"
        exit 1
    fi
    echo "canary $name is reported, as it must be"
done
