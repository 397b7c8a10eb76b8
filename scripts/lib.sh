# Common helpers of scripts/. Sourced, never run; every script that sources it has
# already set `set -euo pipefail`. Sets `project`, the project's folder, as an absolute path.
# shellcheck shell=bash

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8
export TZ=UTC

say()  { printf '%s\n' "$*"; }
step() { printf '\n== %s (at %d s)\n' "$*" "$SECONDS"; }
die()  { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# A wrong command line: says so and exits 2, as percuss itself does.
misused() { printf '%s: %s (see %s --help)\n' "${0##*/}" "$*" "${0##*/}" >&2; exit 2; }

# Prints the comment block at the head of the calling script: the help text.
print_help() { sed -n '2,/^[^#]/{/^#/!q; s/^# \{0,1\}//; p}' "$0"; }

# Runs a command as root: directly, or through sudo. can_be_root tells whether that works.
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
can_be_root() { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }

# Runs a command with its output in a log file; on failure shows the end of the log.
# quietly LOG COMMAND...
quietly() {
    local log=$1 status=0
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 60 "$log" >&2
        printf '%s: failed with status %d: %s (whole output: %s)\n' \
            "${0##*/}" "$status" "$*" "$log" >&2
    fi
    return "$status"
}

# packages_of SECTION...: the packages of these sections of scripts/packages.txt.
packages_of() {
    local section known
    known=$(sed -n 's/^\[\([a-z]*\)\].*/\1/p' "$project/scripts/packages.txt")
    for section in "$@"; do
        grep -qx -- "$section" <<<"$known" ||
            misused "no section '$section' in scripts/packages.txt; it has: ${known//$'\n'/ }"
        awk -v want="[$section]" '
            /^\[/ { inside = ($1 == want); next }
            { sub(/#.*/, "") }
            inside && NF { print $1 }' "$project/scripts/packages.txt"
    done | sort -u
}

# apt_entries TYPE DIRECTORY: writes DIRECTORY/debian.{list,sources}, the entries of this
# machine's own apt configuration that serve Debian's main for this release, as entries of
# TYPE (deb or deb-src). Options such as Signed-By stay. An entry that apt knows to be of
# another origin is left out.
apt_entries() {
    local type=$1 directory=$2 list parts codename foreign file
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || die "/etc/os-release names no release; a Debian system is expected"
    eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    # shellcheck disable=SC2016
    foreign=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' \
        'Created-By: Packages' 2>/dev/null |
        awk '$3 != "Debian" && $3 !~ /^\$/ { sub("/$", "", $1); print $1 " " $2 }' || true)
    : >"$directory/debian.list"
    : >"$directory/debian.sources"
    for file in "$list" "$parts"*.list; do
        [ -f "$file" ] || continue
        apt_entries_awk "$type" "$codename" "$foreign" list "$file" >>"$directory/debian.list"
    done
    for file in "$parts"*.sources; do
        [ -f "$file" ] || continue
        apt_entries_awk "$type" "$codename" "$foreign" deb822 "$file" \
            >>"$directory/debian.sources"
    done
    [ -s "$directory/debian.list" ] || rm "$directory/debian.list"
    [ -s "$directory/debian.sources" ] || rm "$directory/debian.sources"
    [ -n "$(ls "$directory")" ] || die "no entry of this machine's apt configuration serves" \
        "Debian $codename main: add one under /etc/apt/sources.list.d"
}

# apt_entries_awk TYPE CODENAME FOREIGN list|deb822 FILE
apt_entries_awk() {
    awk -v type="$1" -v codename="$2" -v foreign="$3" -v format="$4" '
        BEGIN {
            n = split(foreign, lines, "\n")
            for (i = 1; i <= n; i++) excluded[lines[i]] = 1
        }
        function wanted(uri, suite) {
            sub("/$", "", uri)
            return suite ~ ("^(" codename "|stable|oldstable)([-/](updates|security))?$") &&
                   uri !~ /^cdrom:/ && !((uri " " suite) in excluded)
        }
        format == "list" {
            sub(/#.*/, "")
            if ($1 != "deb") next
            options = ""
            if (match($0, /\[[^]]*\]/)) {
                options = substr($0, RSTART, RLENGTH) " "
                $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
            }
            for (i = 4; i <= NF; i++)
                if ($i == "main" && wanted($2, $3)) print type " " options $2 " " $3 " main"
            next
        }
        function flush_stanza(    i, j, n, m, uris, uri, suites, suite, kept) {
            n = split(field["suites"], suites)
            m = split(field["uris"], uris)
            if ((" " field["types"] " ") ~ / deb / &&
                (" " field["components"] " ") ~ / main / &&
                tolower(field["enabled"]) !~ /^(no|false|off|0|without|disable)$/)
                for (i = 1; i <= m; i++) {
                    uri = uris[i]; kept = ""
                    for (j = 1; j <= n; j++)
                        if (wanted(uri, suites[j])) kept = kept " " suites[j]
                    if (kept != "")
                        printf "Types: %s\nURIs: %s\nSuites:%s\nComponents: main\n%s\n",
                            type, uri, kept, others
                }
            delete field; others = ""; name = ""
        }
        /^#/ { next }
        /^[ \t]*$/ { flush_stanza(); next }
        /^[ \t]/ {
            if (name ~ /^(types|uris|suites|components|enabled)$/) field[name] = field[name] $0
            else others = others $0 "\n"
            next
        }
        {
            name = tolower(substr($0, 1, index($0, ":") - 1))
            value = substr($0, index($0, ":") + 1)
            sub(/^[ \t]+/, "", value); sub(/[ \t]+$/, "", value)
            if (name ~ /^(types|uris|suites|components|enabled)$/) field[name] = value
            else others = others $0 "\n"
        }
        END { if (format == "deb822") flush_stanza() }' "$5"
}
