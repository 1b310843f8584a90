#!/bin/sh
# Does the product find the truth of a city it has never seen?  run.sh [FOLDER]   (from anywhere; needs .venv)
# Extra options for the scorer come from SCORE_OPTIONS, e.g. SCORE_OPTIONS="--max-false-fails 0".
set -u
cd "$(dirname "$0")/../.." || exit 2
folder=${1:-$(mktemp -d)}
mkdir -p "$folder" && rm -f "$folder"/wangkao.db* "$folder"/ready
mkfifo "$folder/stdin.$$"
.venv/bin/python -m tests.acceptance.city --folder "$folder" < "$folder/stdin.$$" > "$folder/ready" &
city=$!
exec 3> "$folder/stdin.$$"; rm -f "$folder/stdin.$$"
trap 'exec 3>&-; kill $city 2>/dev/null; wait $city 2>/dev/null' EXIT INT TERM
tries=0
until [ -s "$folder/ready" ]; do
    tries=$((tries + 1)); [ $tries -gt 100 ] && { echo "city did not start" >&2; exit 2; }
    sleep 0.1
done
began=$(date +%s)
WANGKAO_BROWSER=false .venv/bin/wangkao run --units "$folder/units.csv" --accounts "$folder/accounts.csv" --db "$folder/wangkao.db" --delay 0 > "$folder/run.out" 2> "$folder/run.err" 3>&-
status=$?
echo "run: exit $status, $(($(date +%s) - began)) s, $(wc -l < "$folder/requests.log") requests; folder $folder"
[ $status -eq 0 ] || tail -5 "$folder/run.err"
for what in findings scores alerts; do
    .venv/bin/wangkao export $what --db "$folder/wangkao.db" --format jsonl > "$folder/$what.jsonl" 3>&- || echo "export $what failed"
done
if [ -f ../shared/score.py ]; then
    # shellcheck disable=SC2086
    .venv/bin/python ../shared/score.py "$folder/truth.jsonl" "$folder/findings.jsonl" "$folder/scores.jsonl" "$folder/truth_scores.jsonl" \
        --alerts "$folder/alerts.jsonl" --json "$folder/result.json" --run-exit $status ${SCORE_OPTIONS:-}
else
    echo "../shared/score.py is absent: exports written, not scored"
    exit $status
fi
