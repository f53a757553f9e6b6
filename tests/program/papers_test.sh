#!/usr/bin/env bash
# tare papers: the list, one experiment with its files, and what it says to mistakes.
source "$(dirname "$0")/lib.sh"

shows() { # shows NAME PATTERN [FILE]: what the last command printed, or a file, matches
  grep -qE -- "$2" "${3:-out}"
  outcome "$1" $?
}

works "list" "$tare" papers list
shows "its rows" "^cinc_flow +.*convolution"
works "list as JSON" "$tare" papers list --json
shows "its keys" '"claim": '

"$tare" papers run cinc_flow --seeds 1 --out results >out 2>err
status=$?
verdict=$(sed -n 's/^cinc_flow: \(holds\|does not hold\)$/\1/p' out)
if [ "$verdict" = holds ]; then [ "$status" = 0 ]; else [ "$verdict" = "does not hold" ] && [ "$status" = 1 ]; fi
outcome "a run's verdict is its exit code (status $status)" $?
shows "its table" "^CInC +0 +[0-9.]+"
shows "its comparisons" "CInC above the truth, seed 0 .*<= +0.005"
shows "its last line" "^[01] of 1 hold$"
for key in '"slug": "cinc_flow"' '"holds": ' '"measurements"' '"relation": "<="' '"seconds"'; do
  shows "result.json has $key" "$key" results/cinc_flow/result.json
done
shows "papers.json" '"type": "PaperResults"' results/papers.json
shows "its page" "</html>" results/cinc_flow/report.html

refuses "an unknown slug" 'no experiment "cinc"; did you mean cinc_flow\?' papers run cinc
refuses "a slug that is near none" 'tare papers list tells' papers run zzzzzzzzzzzz
refuses "none named" "name the experiments" papers run
refuses "all and one" "\-\-all runs every experiment" papers run cinc_flow --all
refuses "no subcommand" "." papers
finish
