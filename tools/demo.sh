#!/usr/bin/env bash
# The main job, on this machine: a bank of seven offices, each with its own daemon, key and log,
# speaking to each other over TCP on loopback.
#
#     ho ─┬─ north ─┬─ vsp-0045
#         │         └─ vsp-0046
#         └─ south ─┬─ vsp-0077
#                   └─ vsp-0078
#
# Complaints are registered at branches, some while their region is down; they are escalated,
# decided, returned, delegated and taken over; decisions come down and clients are answered; the
# head office counts everything and reads only what was escalated to it. Every step's result is
# checked; exit 0 only if all of them held.
#   tools/demo.sh [--keep]      --keep leaves the offices running and says how to talk to them
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
HUBS='ho north south'
BRANCHES='vsp-0045 vsp-0046 vsp-0077 vsp-0078'
declare -A PID PORT NAME=(
    [ho]='Head Office' [north]='North' [south]='South' [vsp-0045]='Outlet 45'
    [vsp-0046]='Outlet 46' [vsp-0077]='Outlet 77' [vsp-0078]='Outlet 78')

# Every daemon that was started, by its own id; also after a failure.
finish() {
    local status=$? code
    if [ "$KEEP" = yes ] && [ "$status" -eq 0 ]; then
        printf '\nThe offices are running. Talk to one with\n    %s -C %s --as s1 case list\n' \
            "$BIN/tools/cli/ombud" "$TOP/north"
        printf 'and stop them with\n    kill %s; rm -r %s\n' "${PID[*]}" "$TOP"
        return
    fi
    for code in "${!PID[@]}"; do kill "${PID[$code]}" 2>/dev/null || true; done
    for code in "${!PID[@]}"; do wait "${PID[$code]}" 2>/dev/null || true; done
    if [ "$status" -ne 0 ]; then
        printf '\nThe demo failed; the offices and their logs lie in %s\n' "$TOP" >&2
    else
        rm -rf "$TOP"
    fi
}
trap finish EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }
quiet() { local code=$1; shift; "$BIN/tools/cli/ombud" -C "$TOP/$code" "$@"; }
# at OFFICE WORDS...: shows the line that it runs there, then runs it.
at() {
    printf '%s$ ombud' "$1" >&2
    printf ' %q' "${@:2}" | sed "s|$TOP/||g" >&2
    printf '\n' >&2
    quiet "$@"
}
# A value out of JSON: the expression sees the document as `d`.
pick() {
    /usr/bin/python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}
expect() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
# await WHAT VALUE COMMAND...: what crosses a line takes its time, but not for ever.
await() {
    local what=$1 want=$2 got='' end=$((SECONDS + 30))
    shift 2
    until got=$("$@" 2>/dev/null) && [ "$got" = "$want" ]; do
        [ $SECONDS -lt $end ] || fail "$what: expected '$want', got '$got'"
    done
    printf '   %s: %s\n' "$what" "$want"
}
# case_at OFFICE NUMBER EXPRESSION: of the case as that office shows it.
case_at() { quiet "$1" --as s1 case show "$2" --json | pick "$3"; }
state_at() { case_at "$1" "$2" 'd["status"] + " at " + d["custodian"]'; }
# everywhere NUMBER STATE OFFICES...: they all come to see it so.
everywhere() {
    local number=$1 want=$2 code
    shift 2
    for code in "$@"; do await "$number at $code" "$want" state_at "$code" "$number"; done
}
# What waits to go up; how many records of an office's log are held.
lag_at() {
    quiet "$1" link list --json | pick '[l["lag_records"] for l in d if l["direction"]=="up"][0]'
}
records_at() {
    quiet "$1" log list --json | pick 'sum(l["records"] for l in d if l["office"]=="'"$2"'")'
}
# Runs a line that must be refused, with the words that the refusal must hold.
refused() {
    local words=$1 code=0 said
    shift
    said=$(at "$@" 2>&1 >/dev/null) || code=$?
    expect "exit code of a refusal" "$code" 1
    printf '%s\n' "$said" | tail -n 1
    case "$said" in *"$words"*) ;; *) fail "the refusal does not say '$words'" ;; esac
}

start() {
    local code=$1 program=node/ombud-node line
    case " $HUBS " in *" $code "*) program=hub/ombud-hub ;; esac
    mkfifo "$TOP/$code.fifo"
    "$BIN/$program" -C "$TOP/$code" 2>"$TOP/$code.fifo" &
    PID[$code]=$!
    exec 9<"$TOP/$code.fifo"
    while read -r -u 9 line; do
        printf '%s\n' "$line" >>"$TOP/$code.log"
        case "$line" in *serving*) printf '   %s serves\n' "$code"; break ;; esac
    done
    cat <&9 >>"$TOP/$code.log" &
    exec 9<&-
    rm "$TOP/$code.fifo"
    kill -0 "${PID[$code]}" 2>/dev/null || fail "the daemon of $code did not start"
}
stop() {
    printf '   %s is stopped\n' "$1"
    kill "${PID[$1]}"
    wait "${PID[$1]}" || fail "the daemon of $1 did not stop cleanly"
    unset "PID[$1]"
}
staff() {
    local code
    for code in t1:teller h1:handler s1:supervisor an1:analyst au1:auditor; do
        quiet "$1" operator add "${code%:*}" --role "${code#*:}" --name "Operator" >"$TOP/out"
    done
}
# enrol CODE KIND PARENT: asked for at the office, certified above, joined.
enrol() {
    local code=$1 listen=()
    [ "$2" = regional ] && listen=(--listen "tcp://127.0.0.1:${PORT[$code]}")
    at "$code" office init --code "$code" --name "${NAME[$code]}" --kind "$2" "${listen[@]}" \
        --time-zone Europe/Moscow >"$TOP/out"
    quiet "$code" office request >"$TOP/$code.req" 2>"$TOP/asked"
    quiet "$3" office certify "$TOP/$code.req" >"$TOP/$code.cert" 2>"$TOP/certified"
    local asked certified
    asked=$(grep -oE '([0-9a-f]{4}[ -]?){4,}' "$TOP/asked" | head -n 1)
    certified=$(grep -oE '([0-9a-f]{4}[ -]?){4,}' "$TOP/certified" | head -n 1)
    expect "fingerprint of $code, compared by telephone" "$certified" "$asked"
    printf '   asked at %s, certified at %s: %s\n' "$code" "$3" "$asked"
    at "$code" office join "$TOP/$code.cert" >"$TOP/out"
    start "$code"
    staff "$code"
}
# complain OFFICE TEXT MORE...: registers a complaint; its number.
complain() {
    local code=$1 text=$2
    shift 2
    at "$code" --as t1 case new --channel in-person --product cards --issue fees --text "$text" \
        --client-name "Client 17" "$@" --json | pick 'd["number"]'
}
# tell OFFICE NUMBER: the client is told the decision, and accepts it.
tell() {
    at "$1" --as h1 case answer "$2" --method phone
    at "$1" --as h1 case close "$2" --accepts yes
}

read -r PORT[ho] PORT[north] PORT[south] < <(/usr/bin/python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(one.getsockname()[1] for one in held))')

say "A bank is made: the head office, then each office certified by the one above it"
at ho office init --root --code ho --name "${NAME[ho]}" --listen "tcp://127.0.0.1:${PORT[ho]}" \
    --time-zone Europe/Moscow
start ho
staff ho
enrol north regional ho
enrol south regional ho
enrol vsp-0045 branch north
enrol vsp-0046 branch north
enrol vsp-0077 branch south
enrol vsp-0078 branch south
for code in north south $BRANCHES; do
    await "what waits at $code to go up" 0 lag_at "$code"
done

say "One office alone: kinds, languages, refusals, a complaint from the window to the score"
ZH=$(at vsp-0077 --as t1 case new --kind suggestion --channel questionnaire --product other \
    --issue other --text "建议在大堂增加一个取号机。" --anonymous --json | pick 'd["number"]')
RU=$(at vsp-0077 --as t1 case new --kind claim --channel book --product deposits --issue interest \
    --text "Проценты по вкладу начислены не полностью." --client-name "Client 18" --json |
    pick 'd["number"]')
refused "cards" vsp-0077 --as t1 case new --channel in-person --product card --issue fees \
    --text "..."
refused "t1" vsp-0077 --as t1 case resolve "$RU" --outcome founded --cause error --answer "..."
refused "check" vsp-0077 --as t1 case show "${RU%??}zz"
at vsp-0077 --as h1 case acknowledge "$RU" --method phone
at vsp-0077 --as h1 case classify "$RU" --product deposits --issue interest --severity high
at vsp-0077 --as h1 case resolve "$RU" --outcome founded --cause error --bank-error yes \
    --redress 250.00 --currency RUB --answer "The interest is paid."
tell vsp-0077 "$RU"
at vsp-0077 --as t1 case rate "$RU" --score 2 --text "It took too long"
expect "a score of 2 calls for attention" \
    "$(quiet vsp-0077 --as s1 case list --attention --json | pick '[c["number"] for c in d]')" \
    "['$RU']"
quiet vsp-0077 generate complaints --count 200 --seed 7 >"$TOP/complaints.csv"
at vsp-0077 --as s1 import csv "$TOP/complaints.csv"
everywhere "$RU" "closed at vsp-0077" south ho
everywhere "$ZH" "open at vsp-0077" south ho

say "Complaints are registered at branches; the head office counts them and reads none"
DECIDED=$(complain vsp-0045 "A fee was charged twice and nobody could tell me why.")
TOP_CASE=$(complain vsp-0046 "The rules say one thing, the window another.")
everywhere "$DECIDED" "open at vsp-0045" north ho
expect "the head office reads $DECIDED" "$(case_at ho "$DECIDED" 'not d["sealed"]')" False
expect "its client at the head office" "$(case_at ho "$DECIDED" 'd["client"]')" None

say "The region is down: branches go on"
stop north
LATE=$(complain vsp-0045 "The machine kept my card.")
DELEGATED=$(complain vsp-0045 "The loan was signed at the other outlet.")
at vsp-0045 --as s1 case escalate "$DECIDED" --to north --ground amount --reason "Beyond our limit"
expect "records wait at vsp-0045" "$([ "$(lag_at vsp-0045)" -gt 0 ] && echo yes)" yes
at vsp-0045 link list
start north
await "what waits at vsp-0045 to go up" 0 lag_at vsp-0045
everywhere "$LATE" "open at vsp-0045" north ho

say "Escalated to the region, decided there, told to the client at the branch"
everywhere "$DECIDED" "open at north" north ho
expect "the region reads it" "$(case_at north "$DECIDED" 'd["client"]["name"]')" "Client 17"
at north --as h1 case resolve "$DECIDED" --outcome founded --cause error --bank-error yes \
    --redress 120.00 --currency RUB --answer "The second fee is paid back."
everywhere "$DECIDED" "resolved at vsp-0045" vsp-0045 ho
expect "the answer at the branch" "$(case_at vsp-0045 "$DECIDED" 'd["answer"]')" \
    "The second fee is paid back."
tell vsp-0045 "$DECIDED"
everywhere "$DECIDED" "closed at vsp-0045" north ho

say "Escalated twice, decided at the head office"
at vsp-0046 --as s1 case escalate "$TOP_CASE" --to north --ground authority --reason "Not ours"
everywhere "$TOP_CASE" "open at north" north
at north --as s1 case escalate "$TOP_CASE" --to ho --ground authority --reason "A matter of policy"
everywhere "$TOP_CASE" "open at ho" ho vsp-0046
expect "the head office reads it" "$(case_at ho "$TOP_CASE" 'd["client"]["name"]')" "Client 17"
at ho --as h1 case resolve "$TOP_CASE" --outcome founded --cause process --bank-error yes \
    --answer "The rules are made one."
everywhere "$TOP_CASE" "resolved at vsp-0046" vsp-0046 north
tell vsp-0046 "$TOP_CASE"
everywhere "$TOP_CASE" "closed at vsp-0046" ho

say "Escalated past the region, returned with instructions"
RETURNED=$(complain vsp-0077 "The form asks for what the law forbids.")
at vsp-0077 --as s1 case escalate "$RETURNED" --to ho --ground authority --reason "A legal matter"
everywhere "$RETURNED" "open at ho" ho
at ho --as s1 case return "$RETURNED" --to vsp-0077 --instructions "Strike out the line and tell so"
everywhere "$RETURNED" "open at vsp-0077" vsp-0077 south
at vsp-0077 --as h1 case resolve "$RETURNED" --outcome founded --cause process \
    --answer "The line is struck out."
tell vsp-0077 "$RETURNED"
everywhere "$RETURNED" "closed at vsp-0077" ho

say "Delegated to another branch, which never heard of it before"
at vsp-0045 --as s1 case escalate "$DELEGATED" --to north --ground other --reason "Signed at 46"
everywhere "$DELEGATED" "open at north" north
if quiet vsp-0046 --as s1 case show "$DELEGATED" >"$TOP/out" 2>&1; then
    fail "vsp-0046 holds a case that is none of its business"
fi
at north --as s1 case delegate "$DELEGATED" --to vsp-0046 --instructions "You signed it"
everywhere "$DELEGATED" "open at vsp-0046" vsp-0046 vsp-0045
expect "vsp-0046 reads it" "$(case_at vsp-0046 "$DELEGATED" 'd["client"]["name"]')" "Client 17"
at vsp-0046 --as h1 case resolve "$DELEGATED" --outcome partly --cause staff \
    --answer "The contract is written anew."
everywhere "$DELEGATED" "resolved at vsp-0045" vsp-0045 north ho
tell vsp-0045 "$DELEGATED"

say "A silent branch: the region takes over; the branch's late decision comes to nothing"
TAKEN=$(complain vsp-0078 "Nobody calls me back.")
everywhere "$TAKEN" "open at vsp-0078" south ho
stop vsp-0078
at south --as s1 case take "$TAKEN" --ground time
everywhere "$TAKEN" "open at south" ho
stop south
start vsp-0078
at vsp-0078 --as h1 case resolve "$TAKEN" --outcome unfounded --cause other --answer "We decline."
start south
everywhere "$TAKEN" "open at south" vsp-0078 south ho
expect "the late decision" "$(case_at vsp-0078 "$TAKEN" \
    '[e["effect"] for e in d["events"] if e["type"]=="resolved"]')" "[False]"
await "the region was given the key" False case_at south "$TAKEN" 'd["sealed"]'
at south --as h1 case resolve "$TAKEN" --outcome founded --cause staff \
    --answer "You are called today."
everywhere "$TAKEN" "resolved at vsp-0078" vsp-0078
tell vsp-0078 "$TAKEN"

say "The tree, the links, where a case is held"
for code in north south $BRANCHES; do await "what waits at $code" 0 lag_at "$code"; done
for code in $BRANCHES; do
    await "records of $code at the head office" "$(records_at "$code" "$code")" \
        records_at ho "$code"
done
at ho tree
at north link list
at north --as s1 case trace "$TOP_CASE"
everywhere "$TAKEN" "closed at vsp-0078" south ho
held() { quiet north --as s1 case trace "$TOP_CASE" --json |
    pick 'all({"vsp-0046","north","ho"} <= set(e["held_by"]) for e in d["events"])'; }
await "every event of $TOP_CASE is held by vsp-0046, north and ho" True held
at ho --as s1 case show "$TOP_CASE"

say "Reports at three levels"
counted() { quiet "$1" --as an1 report --by office --measure registered --json |
    pick 'd["totals"]["registered"]'; }
at vsp-0045 --as an1 report --by office,status --measure registered,resolved
at north --as an1 report --by office,status --measure registered,resolved,overdue
at ho --as an1 report --by office --measure registered,open,resolved,overdue
expect "cases at the branch" "$(counted vsp-0045)" 3
expect "cases at the region" "$(counted north)" 4
expect "cases at the head office" "$(counted ho)" 208
expect "what the head office can read" "$(for number in "$DECIDED" "$TOP_CASE" "$RETURNED" \
    "$DELEGATED" "$TAKEN" "$LATE"; do case_at ho "$number" 'not d["sealed"]'; done | xargs)" \
    "False True True False False False"

say "Every log verifies at every office"
for code in $HUBS $BRANCHES; do
    at "$code" log verify
done
at ho log export vsp-0045 --certificates >"$TOP/log.jsonl"
printf '%s lines for outsiders\n' "$(wc -l <"$TOP/log.jsonl")"

say "All steps held"
