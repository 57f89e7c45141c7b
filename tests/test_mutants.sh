#!/usr/bin/env bash
# The mistakes of engine/base/mutant.h are in one test program and in nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${FASTI_BIN:?the folder of the built programs}"

fail() {
    echo "$*"
    exit 1
}

# ---- objects: the rooms' libraries and the programs know neither mutants nor the explorer ----
traces='fasti_mutant|fasti_explore'
libraries=("$FASTI_BIN"/../lib/libfasti_{base,time,storage,calendar,directory,rules,booking,search,commit,engine,api,tools}.a)
programs=("$FASTI_BIN"/{fastid,fasti,fasti-log,fasti-bench,fasti-bench-rooms})
for file in "${libraries[@]}" "${programs[@]}"; do
    symbols=$(nm "$file" 2>&1) || fail "$symbols"
    found=$(grep -cE "$traces" <<<"$symbols" || true)
    [ "$found" = 0 ] || fail "$file: $found symbols of mutants or of the explorer"
done
# Would they be seen?
for trace in fasti_mutant_chosen fasti_explore_yield; do
    grep -q "$trace" <<<"$(nm "$FASTI_BIN/thread_mutants")" || fail "thread_mutants has no $trace"
done

# ---- sources: what switches them on stands in its header and in CMakeLists.txt only ----
switches=$(grep -rlw FASTI_MUTANTS engine api tools bench fuzz tests/support | xargs)
[ "$switches" = engine/base/mutant.h ] || fail "FASTI_MUTANTS belongs to engine/base/mutant.h: $switches"

# ---- the table and the code name the same mistakes; a file that has one is compiled with them ----
listed=$(sed -n 's/^    X(\([A-Z_]*\), .*/\1/p' engine/base/mutant.h | sort)
placed=$(grep -rhoE --include='*.c' 'FASTI_MUTANT\([A-Z_]+\)' engine | sed 's/.*(\(.*\))/\1/' | sort -u)
[ -n "$listed" ] || fail 'the table of mutants is empty'
[ "$listed" = "$placed" ] || fail "table and code differ: $(diff <(echo "$listed") <(echo "$placed"))"
compiled=$(grep -oE 'engine/[a-z]+/[a-z_]+\.c' CMakeLists.txt)
for file in $(grep -rlE --include='*.c' 'FASTI_MUTANT\(' engine); do
    grep -qw "$file" <<<"$compiled" || fail "$file has a mutant, but thread_mutants does not compile it"
done
echo "$(wc -l <<<"$listed") mutants, in thread_mutants only"
