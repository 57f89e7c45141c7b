#!/usr/bin/env bash
# test_docs.sh [DIR] - api/PROTOCOL.md and engine/storage/FORMAT.md name what the code has.
#
#   status, outcome    a row with name, number (and class) in PROTOCOL.md
#   reason             number and code of a cancellation in PROTOCOL.md
#   fasti.fbs          every union member in backquotes, every field and enum value as a word
#   effect, cell kind  a row with name and number in FORMAT.md
#   limits             `FASTI_NAME = number` in either document is what the headers say, and every
#                      limit of the wire, the connections and the times is quoted in PROTOCOL.md
# DIR: another tree than the one that the script lies in. Needs no build.
set -euo pipefail
export LC_ALL=C
cd "${1:-$(dirname "$0")/..}"

protocol=api/PROTOCOL.md
format=engine/storage/FORMAT.md
findings=0
checks=0

# need FILE PATTERN WHAT: a line of FILE matches the extended regular expression.
need() {
    checks=$((checks + 1))
    grep -Eq -- "$2" "$1" || {
        echo "$1: $3 is missing"
        findings=$((findings + 1))
    }
}

word() { need "$protocol" "(^|[^A-Za-z0-9_])$1([^A-Za-z0-9_]|\$)" "$2"; }

# ---- X-macros ----
table() { # table FILE MACRO: "name number rest" of each X( line
    sed -n "/#define $2(X)/,/[^\\\\]\$/s/^ *X(\\([A-Z_]*\\), \\([0-9]*\\), \\([A-Za-z]*\\),.*/\\1 \\2 \\3/p" "$1"
}
while read -r name number class; do
    need "$protocol" "^\\| $name \\| $number \\| $class \\|" "status $name ($number, $class)"
done < <(table engine/base/status.h FASTI_STATUS_TABLE)
while read -r name number is_done; do
    [ "$is_done" = true ] && answer='yes' || answer='(no)?'
    need "$protocol" "^\\| $name \\| $number \\| *$answer *\\|" "outcome $name ($number)"
done < <(table engine/booking/command.h FASTI_OUTCOME_TABLE)

while read -r number code; do
    need "$protocol" "\\| $number \\| $code \\|" "cancellation reason $code ($number)"
done < <(sed -n 's/^ *X([A-Z_]*, \([0-9]*\), "\([a-z-]*\)".*/\1 \2/p' engine/booking/cancel_reason.h)

# ---- the schema ----
# "union NAME", "enum NAME" or "field NAME" for each member, value and field.
schema() {
    sed 's|//.*||' api/fasti.fbs | tr '\n' ' ' | sed 's/}/}\n/g' | while read -r line; do
        body=${line#*\{}
        body=${body%\}*}
        case $line in
        *'union '*'{'*) tr ',' '\n' <<<"$body" | sed -n 's/^ *\([A-Za-z]*\) *$/union \1/p' ;;
        *'enum '*'{'*) tr ',' '\n' <<<"$body" | sed -n 's/^ *\([A-Z_]*\) *=.*/enum \1/p' ;;
        *'table '*'{'*) tr ';' '\n' <<<"$body" | sed -n 's/^ *\([a-z0-9_]*\):.*/field \1/p' ;;
        esac
    done | sort -u
}
while read -r kind name; do
    case $kind in
    union) need "$protocol" "\`$name\`" "union member $name" ;;
    enum) word "$name" "enum value $name" ;;
    field) word "$name" "field $name" ;;
    esac
done < <(schema)

# ---- effects and cells ----
while read -r name number; do
    need "$format" "^\\| $name \\| $number \\|" "effect $name ($number)"
done < <(sed -n 's/^ *FASTI_EFFECT_\([A-Z]*\) = \([0-9]*\),.*/\1 \2/p' engine/booking/effect.h)
while read -r name number; do
    need "$format" "^\\| $name \\| $number \\|" "cell kind $name ($number)"
done < <(sed -n 's/^ *FASTI_CELL_\([A-Z]*\) = \([0-9]*\),.*/\1 \2/p' engine/calendar/cell.h)

# ---- limits ----
declare -A expressions
while read -r name expression; do
    expressions[$name]=$expression
done < <(cat api/*.h engine/base/limits.h engine/booking/*.h |
    sed -n 's|/\*.*||; s/^#define \(FASTI_[A-Z0-9_]*\)  *\(.*[^ ]\) *$/\1 \2/p')

# The number that a constant stands for; empty when there is none.
value() {
    local expression=${expressions[$1]:-} name
    expression=$(sed -E 's/U?INT(32|64)_C\(([0-9]+)\)/\2/g' <<<"$expression")
    while [[ $expression =~ (FASTI_[A-Z0-9_]+) ]]; do
        name=${BASH_REMATCH[1]}
        expression=${expression//$name/($(value "$name"))}
    done
    [[ $expression =~ ^[0-9\ ()*+/\<-]+$ ]] && echo $((expression))
}
while IFS=: read -r file quoted; do
    name=${quoted%% = *}
    checks=$((checks + 1))
    [ "$(value "$name")" = "${quoted##* = }" ] || {
        echo "$file: $quoted, but the headers say \"$(value "$name")\""
        findings=$((findings + 1))
    }
done < <(grep -Eo 'FASTI_[A-Z0-9_]+ = [0-9]+' "$protocol" "$format")
while IFS=: read -r file line name; do
    echo "$file:$line: $name without its number on the same line"
    findings=$((findings + 1))
done < <(grep -EHno 'FASTI_[A-Z0-9_]+( = [0-9]+)?' "$protocol" "$format" | grep -v ' = ' || true)
while read -r name; do
    need "$protocol" "$name = [0-9]" "limit $name"
done < <(sed -n '/---- wire ----/,/---- server: rings ----/s/^#define \(FASTI_[A-Z0-9_]*\) .*/\1/p' \
    api/api_limits.h)

# Counted, so that a pattern that finds nothing any more is noticed.
[ "$checks" -gt 350 ] || {
    echo "only $checks things were looked for: the headers are not read as they should be"
    findings=$((findings + 1))
}
[ "$findings" = 0 ] || {
    echo "$findings findings in $checks checks"
    exit 1
}
echo "passed: $checks names and numbers of the code are in the documents"
