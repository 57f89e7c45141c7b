#!/usr/bin/env bash
# Our own linter finds each mistake that it knows, and finds none in the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/lint --self-test
tools/lint
