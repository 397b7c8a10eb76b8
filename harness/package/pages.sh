#!/bin/sh
# pages.sh BIN OUT COMMAND...: what the programs in the folder BIN say of themselves, into the
# folder OUT: a manual page for percuss, each COMMAND and the programs beside it, and completion for
# bash (percuss) and zsh (_percuss). Compressed without name and time: the same text, the same bytes.
set -eu
bin=$1 out=$2
shift 2
rm -rf "$out"
mkdir -p "$out"

"$bin/percuss" --help=man >"$out/percuss.1"
for command; do "$bin/percuss" "$command" --help=man >"$out/percuss-$command.1"; done
for program in percuss-afl percuss-libfuzzer; do
    [ ! -x "$bin/$program" ] || "$bin/$program" --help=man >"$out/$program.1"
done
gzip -9n "$out"/*.1
"$bin/percuss" --help=bash >"$out/percuss"
"$bin/percuss" --help=zsh >"$out/_percuss"
