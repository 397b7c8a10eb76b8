#!/usr/bin/env bash
# run.sh NAME PROGRAM BUILD OPTION...: one fuzz target for $PERCUSS_FUZZ_SECONDS (15).
#
# Seeds come from targets/ and corpora/; what libFuzzer adds to them stays in
# BUILD/corpus/NAME for the next run. A failing input is kept in BUILD/found and printed. In a
# library (target_NAME) that is a finding, and no failure, when more than the seeds ran.
set -euo pipefail
name=$1 program=$2 build=$3
shift 3
seeds=$build/seeds/$name corpus=$build/corpus/$name found=$build/found work=$build/work/$name
rm -rf "$seeds" "$work"
mkdir -p "$seeds" "$corpus" "$found" "$work"
trap 'rm -rf "$work"' EXIT

own=harness/tests/differential/models
copy() {
    local file
    for file in "$@"; do cp "$file" "$seeds/${file//\//_}"; done
}
# Each message in both directions: a byte that says which stands before it.
message() {
    { printf '\0'; cat "$2"; } >"$seeds/$1.request"
    { printf '\1'; cat "$2"; } >"$seeds/$1.reply"
}
messages() {
    local file line number=0
    while read -r file; do message "${file//\//_}" "$file"; done < <(find corpora -name '*.bin')
    while read -r line; do
        number=$((number + 1))
        # shellcheck disable=SC2001
        printf '%b' "$(sed 's/../\\x&/g' <<<"$line")" >"$work/message"
        message "line-$number" "$work/message"
    done < <(cat "$own"/*.hex)
}
expressions() {
    local text number=0
    while read -r text; do
        number=$((number + 1))
        printf '00010000000701030400000102\n%s' "$text" >"$seeds/$number"
    done < <(sed -nE "s/^ *-? *(when|rule|value|expr|size|repeat-expr|belongs|max): *'?([^'>|]+)'?\$/\2/p" \
        targets/*/*.yaml targets/*/*.ksy "$own"/*.ksy | sort -u)
}
# The pump's files, each behind a digit that says what it is; and an SBOM in SPDX's tags.
imports() {
    local folder=targets/firmware/pump/assessment kind=0 file
    for file in threats.json requirements.csv hazards.csv sbom.cdx.json; do
        { printf '%s' "$kind"; cat "$folder/$file"; } >"$seeds/$file"
        kind=$((kind + 1))
    done
    printf '0id,title,type,status,mitigation\nT-1,"a, ""b""",x,NotApplicable,c\n' >"$seeds/csv"
    printf '1id,kind,title,answers,cases\nC-1,control,a,T-1,\nR-1,requirement,b,C-1,"x y/*"\n' \
        >"$seeds/answers"
    printf '3SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: b\nValidUntilDate: 2031-12-31\n%s' \
        $'PackageComment: <text>c\nd</text>\nExternalRef: x purl y\n' >"$seeds/spdx"
}
# The words of the seeds, for mutations that keep to the language.
words() {
    { grep -ohE '[-A-Za-z_][-A-Za-z_0-9:.]*|[^][A-Za-z0-9 "\\]{1,2}' "$seeds"/* || true; } |
        sort -u | sed 's/.*/"&"/' >"$work/words"
}
longest=8192
case $name in
parse.*|mutator.*) messages; longest=600 ;;
model)
    copy targets/*/*.ksy "$own"/*.ksy
    words
    mkdir "$work/beside"
    cp targets/*/*.ksy "$own"/*.ksy "$work/beside"
    set -- --beside="$work/beside" "$@"
    ;;
session) copy targets/*/*.yaml; words ;;
import) imports; words; longest=16384 ;;
expression) expressions; words; longest=400 ;;
target_*)
    cp "${1#--seeds=}"/* "$seeds"
    shift
    ;;
esac
[ ! -s "$work/words" ] || set -- -dict="$work/words" "$@"

seconds=${PERCUSS_FUZZ_SECONDS:-15}
cd "$work"
status=0
"$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=$longest \
    -print_final_stats=1 -artifact_prefix="$found/$name-" "$corpus" "$seeds" "$@" \
    >log 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
    grep -v '^#' log | tail -n 60
    sed -n 's/.*Test unit written to //p' log | while read -r file; do
        printf 'input %s:\n' "$file"
        od -An -v -tx1 "$file" | tr -d ' \n'
        printf '\n'
    done
    case $name in target_*) ;; *) exit 1 ;; esac
fi
grep -E '^stat::(number_of_executed_units|peak_rss_mb)' log
[ "$(sed -n 's/^stat::number_of_executed_units: *//p' log)" -gt "$(find "$seeds" -type f | wc -l)" ]
