#!/usr/bin/env bash
# The main job, on this machine: makes an office, starts its daemon, registers complaints, works
# them through to answered and closed, imports a file, shows a case with its proofs checked, and a
# report. Every step's result is checked; exit 0 only if all of them held.
#   tools/demo.sh [--keep]      --keep leaves the office running and says how to talk to it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/setup.sh

KEEP=no
case "${1:-}" in
    --keep) KEEP=yes ;;
    '') ;;
    *) echo "usage: tools/demo.sh [--keep]" >&2; exit 2 ;;
esac

omb_install_packages tools/packages.txt
omb_build release
BIN=$PWD/build/release
TOP=$(mktemp -d "${TMPDIR:-/tmp}/ombud-demo.XXXXXX")
export OMBUD_DIR=$TOP/ho
DAEMON=''

finish() {
    local status=$?
    if [ "$KEEP" = yes ] && [ "$status" -eq 0 ]; then
        printf '\nThe office is running. Talk to it with\n    %s -C %s --as sup-1 case list\n' \
            "$BIN/tools/cli/ombud" "$OMBUD_DIR"
        printf 'and stop it with\n    kill %s; rm -r %s\n' "$DAEMON" "$TOP"
        return
    fi
    if [ -n "$DAEMON" ] && kill "$DAEMON" 2>/dev/null; then wait "$DAEMON" || true; fi
    if [ "$status" -ne 0 ]; then
        printf '\nThe demo failed; the office lies in %s\n' "$TOP" >&2
    else
        rm -rf "$TOP"
    fi
}
trap finish EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }
# Shows the line it runs, then runs it.
ombud() {
    printf '$ ombud' >&2
    printf ' %q' "$@" >&2
    printf '\n' >&2
    "$BIN/tools/cli/ombud" "$@"
}
quiet() { "$BIN/tools/cli/ombud" "$@"; }
# A value out of JSON: the expression sees the document as `d`.
pick() {
    /usr/bin/python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}
expect() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
status_of() { quiet --as sup-1 case show "$1" --json | pick 'd["status"]'; }
# Runs a line that must be refused, with the words that the refusal must hold.
refused() {
    local words=$1 code=0 said
    shift
    said=$(ombud "$@" 2>&1 >/dev/null) || code=$?
    expect "exit code of a refusal" "$code" 1
    printf '%s\n' "$said" | tail -n 1
    case "$said" in *"$words"*) ;; *) fail "the refusal does not say '$words'" ;; esac
}
start() {
    local line
    mkfifo "$TOP/log.$1"
    "$BIN/node/ombud-node" -C "$OMBUD_DIR" 2>"$TOP/log.$1" &
    DAEMON=$!
    exec 9<"$TOP/log.$1"
    while read -r -u 9 line; do
        printf '   %s\n' "$line"
        case "$line" in *serving*) break ;; esac
    done
    kill -0 "$DAEMON" 2>/dev/null || fail "the daemon did not start"
    cat <&9 >>"$TOP/daemon.log" &
    exec 9<&-
}

say "An office is made: its keys, its certificate, its signed log"
ombud office init --root --code ho --name "Head Office" --time-zone Europe/Moscow
start 1
ombud status

say "Staff are enrolled: an operator is a code with roles, never a name"
ombud operator add t17 --role teller --title window --name "Window 17"
ombud operator add sup-1 --role supervisor --title lobby-manager --name "Lobby 1"
ombud operator add hand-2 --role handler --title complaints --name "Back office 2"
ombud operator add ana-3 --role analyst --name "Analyst 3"
ombud operator add aud-4 --role auditor --name "Auditor 4"
ombud operator list

say "Complaints of several kinds in several languages are registered"
EN=$(ombud --as t17 case new --channel in-person --product cards --issue fees --severity high \
    --text "A fee was charged twice and nobody could tell me why." \
    --client-name "Client 17" --phone +10000000017 --json | pick 'd["number"]')
RU=$(ombud --as t17 case new --kind claim --channel book --product deposits --issue interest \
    --text "Проценты по вкладу начислены не полностью. Прошу пересчитать." \
    --client-name "Client 18" --email client18@example.org --json | pick 'd["number"]')
ZH=$(ombud --as t17 case new --kind suggestion --channel questionnaire --product other \
    --issue other --text "建议在大堂增加一个取号机。" --anonymous --json | pick 'd["number"]')
RO=$(ombud --as t17 case new --channel phone --product payments --issue delay \
    --text "Plata a ajuns cu trei zile întârziere." --client-name "Client 19" --json |
    pick 'd["number"]')
SPOT=$(ombud --as sup-1 case new --channel in-person --product accounts --issue service --settled \
    --text "Nobody was at window 3." --client-name "Client 20" --outcome founded --cause staff \
    --answer "We apologised; the window is staffed again." --json | pick 'd["number"]')
for number in "$EN" "$RU" "$ZH" "$RO"; do
    expect "status of $number" "$(status_of "$number")" open
done
expect "settled on the spot" "$(status_of "$SPOT")" closed
ombud --as sup-1 case list

say "What is wrong is refused with the reason, and nothing changes"
refused "cards" --as t17 case new --channel in-person --product card --issue fees --text "..."
refused "product" --as t17 case new --channel in-person --issue fees --text "..."
refused "t17" --as t17 case resolve "$EN" --outcome founded --cause error --answer "..."
refused "check" --as t17 case show "${EN%??}zz"
refused "resolved" --as sup-1 case answer "$EN" --method phone

say "A complaint is worked through, from the first response to the client's score"
ombud --as hand-2 case acknowledge "$EN" --method phone
refused "limit" --as t17 case promise "$EN" --due 2099-01-01 --text "I will ask and reply"
ombud --as t17 case promise "$EN" --due "$(date -d '+1 day' +%F)" --to client \
    --text "I will ask and reply"
ombud --as t17 case keep "$EN" --text "Asked; the terminal is being checked"
ombud --as hand-2 case classify "$EN" --product cards --issue fees --severity normal \
    --risks reputation
ombud --as hand-2 case plan "$EN" --cause error --analysis "Two terminals, one purchase" \
    --plan "Pay back, mend the terminal"
ombud --as sup-1 case assign "$EN" --responsible hand-2 --reason "Knows the terminals"
ombud --as hand-2 case accept "$EN"
ombud --as hand-2 case contact "$EN" --method phone --direction to-client --is-progress \
    --text "Told that the terminal is being checked"
ombud --as hand-2 case resolve "$EN" --outcome founded --cause error --bank-error yes \
    --redress 250.00 --currency RUB --prevent process \
    --owner hand-2 --due "$(date -d "+60 days" +%F)" --answer "The second fee is paid back today."
expect "after the decision" "$(status_of "$EN")" resolved
ombud --as hand-2 case answer "$EN" --method phone
ombud --as hand-2 case close "$EN" --accepts yes
expect "after closing" "$(status_of "$EN")" closed
ombud --as t17 case rate "$EN" --score 2 --text "It took too long"
expect "a score of 2 calls for attention" \
    "$(quiet --as sup-1 case list --attention --json | pick '[c["number"] for c in d]')" "['$EN']"
ombud --as hand-2 case attend "$EN" --done "apologised" --text "Called and listened"
expect "attended" "$(quiet --as sup-1 case list --attention --json | pick 'len(d)')" 0
ombud --as sup-1 case show "$EN"

say "Another is withdrawn; one is extended with notice to the client"
ombud --as t17 case withdraw "$RU" --method email --text "Found it on the statement"
expect "withdrawn" "$(status_of "$RU")" withdrawn
UNTIL=$(quiet --as sup-1 case show "$RO" --json | pick \
    '(lambda m: m["due"])([x for x in d["deadlines"] if x["name"]=="maximum"][0])')
ombud --as sup-1 case extend "$RO" --limit decision --until "$UNTIL" --ground time \
    --method phone --at "$(date -u +%FT%TZ)" --reason "The other bank has not answered"

say "Files of complaints are imported; a second run adds nothing"
ombud generate complaints --count 200 --seed 7 >"$TOP/complaints.csv"
ombud --as sup-1 import csv "$TOP/complaints.csv"
FILE=../shared/data/cfpb/complaints.csv
[ -r "$FILE" ] || FILE=tests/data/cfpb-sample.csv
ombud --as sup-1 --json import cfpb "$FILE" >"$TOP/import.json"
ROWS=$(pick 'd["rows"]' <"$TOP/import.json")
expect "rows imported from $FILE" "$(pick 'd["imported"]' <"$TOP/import.json")" "$ROWS"
AGAIN=$(quiet --as sup-1 --json import cfpb "$FILE" | pick '[d["imported"], d["already_there"]]')
expect "imported again" "$AGAIN" "[0, $ROWS]"

say "The history of a case, every proof checked"
ombud --as aud-4 case history "$EN" --verify
expect "problems" "$(quiet --as aud-4 case history "$EN" --verify --json | pick 'd["problems"]')" \
    "[]"

say "The whole log, verified; and written out for outsiders"
ombud log verify
ombud log export ho --certificates >"$TOP/log.jsonl"
ombud log list
printf '%s lines for outsiders\n' "$(wc -l <"$TOP/log.jsonl")"

say "The daemon is stopped and started: everything is still there"
kill "$DAEMON"
wait "$DAEMON" || fail "the daemon did not stop cleanly"
start 2
expect "after the restart" "$(status_of "$EN")" closed
ombud doctor

say "A report"
ombud --as ana-3 report --by kind,status --measure registered,open,overdue,resolved
TOTAL=$(quiet --as ana-3 report --by product --measure registered --json |
    pick 'd["totals"]["registered"]')
expect "cases in all" "$TOTAL" $((5 + 200 + ROWS))

say "All steps held"
