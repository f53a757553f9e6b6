#!/usr/bin/env bash
# What the commands write: the files of a run and their keys, pages that need nothing from elsewhere, tables.
source "$(dirname "$0")/lib.sh"

config net.json "$(linear 36 16), {\"type\": \"BatchNorm1d\", \"num_features\": 16}, {\"type\": \"ReLU\"}, $(linear 16 4)" '"epochs": 2, "batch_size": 64'
has() { # has FILE TEXT...
  local file=$1 word
  shift
  for word in "$@"; do grep -qF -- "$word" "$file" || { echo "$file has no: $word" >err && return 1; }; done
}
shows() { # shows NAME TEXT...: what the last command printed
  local name=$1
  shift
  has out "$@"
  outcome "$name" $?
}
self_contained() { # no address but those in comments and licences, and the table that a chart stands for
  ! grep -qE '(src|href)="(https?:)?//' "$1" && has "$1" "<svg" "<table>" "</html>"
}

works "train" "$tare" train net.json --out run
shows "piped output is plain lines" "epoch 1/2  train loss" "epoch 2/2"
! grep -q $'[\r\033]' out
outcome "without control characters" $?
[ "$(ls run)" = "$(printf 'best.json\ncheckpoint.json\nconfig.json\nmetrics.jsonl\nreport.html')" ]
outcome "the files of a run" $?
works "metrics.jsonl" has run/metrics.jsonl '{"epoch":1,"step":8,"train_loss":' '"train_accuracy":' '"test_loss":' '"test_accuracy":' '"lr":' '"seconds":'
[ "$(wc -l <run/metrics.jsonl)" = 2 ]
outcome "an object an epoch" $?
for file in checkpoint best; do
  works "$file.json" has run/$file.json '"model":' '"optimizer":' '"schedule":' '"generator":' '"epoch":' '"step":'
done
works "report.html" self_contained run/report.html
works "its parts" has run/report.html Loss Accuracy "Confusion matrix" Layers "[1, 16]" BatchNorm1d "<details"
works "inspect" "$tare" inspect run/best.json
shows "the checkpoint's tensors" 0.weight 1.running_mean "[16, 36]"

works "explain" "$tare" explain net.json --html explain.html
shows "its rows" "forward   linear" "backward  linear" "cross_entropy" "update    optimizer" "1 BatchNorm1d" "peak memory"
works "explain's page" self_contained explain.html
works "explain a method that evaluates twice" "$tare" explain net.json --set optimizer='{"type": "SAM", "base": {"type": "SGD", "lr": 0.1}}'
[ "$(grep -c '^update    optimizer' out)" -ge 2 ] && [ "$(grep -c '^forward *cross_entropy' out)" = 2 ]
outcome "its two evaluations and updates" $?

works "compare" "$tare" compare net.json --vary norm=BatchNorm1d,LayerNorm,none --vary optimizer.lr=0.01,0.001 --seeds 1 --set epochs=1 --out compared
shows "its table" "test accuracy" "LayerNorm, optimizer.lr=0.01" "none, optimizer.lr=0.001"
works "compare.json" has compared/compare.json '"type": "Comparison"' '"ms_per_step"' '"peak_bytes"' '"test_accuracy"'
works "compare's page" self_contained compared/report.html
works "every activation that fits" "$tare" compare net.json --vary activation=all --seeds 1 --set epochs=1 --set max_steps=2 --out activations
works "every reparameterization that fits" "$tare" compare net.json --vary reparam=all --seeds 1 --set epochs=1 --set max_steps=2 --out reparams
cat >suite.json <<JSON
{"type": "Suite", "vary": "optimizer=SGD,Adam,Lion",
 "problems": {"net": {"config": "net.json", "goal": 0.9, "set": {"epochs": 2}}},
 "stated": {"SGD": {"net": {"lr": 0.1}}, "Lion": {"net": "a roar"}}}
JSON
works "compare a suite" "$tare" compare suite.json --seeds 2
shows "its table" "(start)" "(goal)" "lr=0.1" "not asked: Lion on net: a roar" "summary.md"
works "its files" has runs/suite-compare/compare.json '"type": "SuiteComparison"' '"goal": 0.9' '"start"'
works "its summary" has runs/suite-compare/summary.md "| optimizer | net |" "| (goal) | 0.9 |"
works "its page" self_contained runs/suite-compare/report.html
works "resume a suite" "$tare" compare --resume runs/suite-compare
shows "nothing is run again" "4 are there already"
works "part of a suite" "$tare" compare suite.json --seeds 1 --vary optimizer=Adam --set epochs=1 --out part
works "resume the part" "$tare" compare --resume part
shows "nothing but the part is run" "1 choices" "1 are there already"
works "regression has no accuracy" "$tare" train net.json --out line --set data='{"type": "LinearRegression", "dim": 36}' --set model="$(linear 36 1)" --set loss=MSELoss
finish
