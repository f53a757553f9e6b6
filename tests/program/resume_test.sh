#!/usr/bin/env bash
# A run that is interrupted, killed, continued, or done by another number of threads ends with the same checkpoint, byte for byte.
source "$(dirname "$0")/lib.sh"

# Everything with a state of its own: running statistics, dropout, momentum, a schedule, shuffled batches that do not divide the epoch.
config net.json "{\"type\": \"Unflatten\", \"dim\": 1, \"unflattened_size\": [1, 6, 6]},
  {\"type\": \"Conv2d\", \"in_channels\": 1, \"out_channels\": 24, \"kernel_size\": 3, \"padding\": 1}, {\"type\": \"BatchNorm2d\", \"num_features\": 24}, {\"type\": \"ReLU\"},
  {\"type\": \"MaxPool2d\", \"kernel_size\": 2}, {\"type\": \"Flatten\"}, $(linear 216 256), {\"type\": \"Dropout\", \"p\": 0.3}, {\"type\": \"GELU\"}, $(linear 256 4)" \
  '"epochs": 20, "max_steps": 100, "batch_size": 72, "optimizer": {"type": "AdamW", "lr": 0.003}, "schedule": {"type": "CosineAnnealingLR", "T_max": 100}'

works "100 steps" "$tare" train net.json --out straight
works "50 steps" "$tare" train net.json --out halves --set max_steps=50
works "and 50 more in another process" "$tare" train net.json --resume halves
same "100 steps and 50 + 50 steps: checkpoint.json" straight/checkpoint.json halves/checkpoint.json
same "the same: best.json" straight/best.json halves/best.json
metrics() { sed 's/"seconds":[^,}]*//' "$1/metrics.jsonl" >"$1/compared"; } # all but the time
metrics straight && metrics halves
same "the same: metrics.jsonl" straight/compared halves/compared

for threads in 1 2 5; do
  works "$threads threads" "$tare" train net.json --out threads$threads --threads $threads
  same "$threads threads: checkpoint.json" straight/checkpoint.json threads$threads/checkpoint.json
done

# interrupt SIGNAL FOLDER: starts a run that would take minutes and sends it the signal in the midst of its work.
interrupt() {
  rm -rf "$2"
  "$tare" train net.json --out "$2" --set max_steps=1000000 --set epochs=1000000 >out 2>err &
  local run=$!
  for _ in $(seq 500); do
    [ -s "$2/metrics.jsonl" ] && break
    sleep 0.02
  done
  kill "-$1" $run
  wait $run
}
step_of() { sed -n 's/^ *"step": \([0-9]*\),$/\1/p' "$1"; }

interrupt INT stopped
[ $? = 130 ] && grep -q "interrupted at step $(step_of stopped/checkpoint.json); saved. Continue with: tare train --resume stopped" out && [ ! -s err ]
outcome "Ctrl-C saves and ends" $?
interrupt TERM stopped
[ $? = 130 ]
outcome "so does SIGTERM" $?

steps=$(($(step_of stopped/checkpoint.json) + 30))
works "an interrupted run, continued" "$tare" train net.json --resume stopped --set max_steps=$steps --set epochs=1000000
works "the same without an interruption" "$tare" train net.json --out whole --set max_steps=$steps --set epochs=1000000
same "an interrupted run and one at a stretch: checkpoint.json" stopped/checkpoint.json whole/checkpoint.json

for i in 1 2 3 4 5 6; do # kill -9, wherever that is
  interrupt KILL killed 2>/dev/null
  "$tare" inspect killed/checkpoint.json >out 2>err || break
  sleep 0.0$i
done
outcome "kill -9 leaves a whole checkpoint" $?
steps=$(($(step_of killed/checkpoint.json) + 30))
works "a killed run, continued" "$tare" train net.json --resume killed --set max_steps=$steps --set epochs=1000000
works "the same at a stretch" "$tare" train net.json --out whole --set max_steps=$steps --set epochs=1000000
same "a killed run and one at a stretch: checkpoint.json" killed/checkpoint.json whole/checkpoint.json

# A step made by a trainer: full batches with a regularizer of sub-batches; loss weights that are learned.
layers="$(linear 36 16), {\"type\": \"ReLU\"}, $(linear 16 4)"
config full.json "$layers" '"epochs": 6, "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}, "schedule": {"type": "CosineAnnealingLR", "T_max": 6},
  "trainer": {"type": "FullBatchTrainer", "sub_batch": 96, "grad_reg": {"block_strength": 0.5}}'
config storm.json "$layers" '"epochs": 2, "batch_size": 48, "optimizer": {"type": "Adam", "lr": 0.003}, "trainer": {"type": "StormTrainer", "variant": "storm"}'
for kind in full storm; do
  works "$kind" "$tare" train $kind.json --out $kind-straight
  works "$kind, the first steps" "$tare" train $kind.json --out $kind-parts --set max_steps=4
  works "$kind, continued" "$tare" train $kind.json --resume $kind-parts
  same "$kind: checkpoint.json at a stretch and in parts" $kind-straight/checkpoint.json $kind-parts/checkpoint.json
done

# A comparison keeps what is finished.
works "compare" "$tare" compare net.json --vary norm=BatchNorm2d,GroupNorm --seeds 2 --set max_steps=12 --out compared
cp compared/compare.json before.json
works "compare, nothing left to do" "$tare" compare --resume compared
same "finished runs are kept" compared/compare.json before.json
works "a third seed" "$tare" compare --resume compared --seeds 3
[ "$(grep -c '"ms_per_step"' compared/compare.json)" = 6 ] && [ "$(grep -c "$(grep -m 1 '"ms_per_step"' before.json)" compared/compare.json)" -ge 1 ]
outcome "is added to them" $?
finish
