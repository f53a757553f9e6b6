#!/usr/bin/env bash
# Bad input: one clear line on stderr and exit status 2.
source "$(dirname "$0")/lib.sh"

relu='{"type": "ReLU"}'
config good.json "$(linear 36 16), $relu, $(linear 16 4)" '"epochs": 2, "batch_size": 64'

# ---- the command line
refuses "unknown option" "outt" train good.json --outt x
refuses "unknown command" "frobnicate" frobnicate
refuses "no command" "subcommand" # what there is is told by --help
refuses "a number of threads out of range" "threads" train good.json --threads 0
works "--help" "$tare" train --help
refuses "neither config nor --resume" "name a config" train
refuses "--set without a value" "expected key.path=value" train good.json --set epochs

# ---- the config
refuses "missing config" "missing.json: No such file" train missing.json
printf '{\n  "data": "Gaussians",\n  "model": {,}\n}\n' >syntax.json
refuses "JSON syntax" "syntax.json: line 3, column 13: " train syntax.json
printf '{"data": "Gaussians", "data": "Moons"}' >twice.json
refuses "a key that stands there twice" "twice.json: .*data" train twice.json
printf '[1, 2]' >list.json
refuses "a config that is no object" "list.json: expected an object" train list.json
refuses "unknown key" 'epoch.*did you mean "epochs"' train good.json --set epoch=3
refuses "key of another type" "epochs: expected an integer" train good.json --set epochs=many
refuses "value out of range" "batch_size: expected at least 1" train good.json --set batch_size=0
refuses "unknown data set" 'data.type: unknown .*"Gausians"; did you mean "Gaussians"' train good.json --set data.type=Gausians
refuses "unknown layer" 'model.layers.1.type: unknown type "Relu"; did you mean "ReLU"' train good.json --set model.layers.1.type=Relu
refuses "unknown option of a layer" 'model.layers.0.in_feature: unknown option; did you mean "in_features"' train good.json --set model.layers.0.in_feature=3
refuses "unknown loss" 'loss.type: unknown type "CrossEntropy"; did you mean "CrossEntropyLoss"' train good.json --set loss=CrossEntropy
refuses "unknown optimizer" 'optimizer.type: unknown optimizer "Addam"; did you mean "Adam"' train good.json --set optimizer=Addam
refuses "unknown option of an optimizer" 'optimizer.l_r: unknown option; did you mean "lr"' train good.json --set optimizer.l_r=1
refuses "unknown schedule" 'schedule.type: unknown .*"StepLr"; did you mean "StepLR"' train good.json --set schedule=StepLr
refuses "an optimizer's option out of range" "lr" train good.json --set optimizer.lr=-1

# ---- shapes: the layer's path is named
refuses "shape mismatch" "layer 2 \(Linear\).*(20|16)" train good.json --set model.layers.2.in_features=20
config deep.json "{\"type\": \"Sequential\", \"layers\": [$(linear 36 16), {\"type\": \"BatchNorm1d\", \"num_features\": 8}]}, $(linear 16 4)"
refuses "shape mismatch in a nested layer" "layer 0\.1 \(BatchNorm1d\)" train deep.json
config narrow.json "$(linear 36 3)"
refuses "more classes than outputs" "label|class|target" train narrow.json

# ---- data files: eight images of 4 x 4
image_file() { # image_file MAGIC COUNT BYTES
  printf "\\x00\\x00\\x08\\x0$1\\x00\\x00\\x00\\x0$2\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x04"
  head -c "$3" /dev/zero
}
label_file() { printf '\x00\x00\x08\x01\x00\x00\x00\x08\x00\x01\x02\x03\x00\x01\x02\x03'; }
image_file 3 8 128 >images
label_file >labels
cat >files.json <<JSON
{"data": {"type": "IdxImages", "images": "images", "labels": "labels", "num_classes": 4},
 "model": {"type": "Sequential", "layers": [{"type": "Flatten"}, $(linear 16 4)]}, "epochs": 1}
JSON
works "the files as they should be" "$tare" train files.json --out files
image_file 3 8 100 >cut
refuses "cut images" "cut" train files.json --set data.images=cut
gzip -c images | head -c 30 >cut.gz
refuses "cut gzip file" "cut.gz" train files.json --set data.images=cut.gz
image_file 5 8 128 >magic
refuses "wrong magic" "magic" train files.json --set data.images=magic
refuses "labels in the place of images" "labels" train files.json --set data.images=labels
refuses "missing images" "nowhere" train files.json --set data.images=nowhere
refuses "labels out of range" "label" train files.json --set data.num_classes=3
image_file 3 7 112 >seven
refuses "other number of images than labels" "7.*8|8.*7" train files.json --set data.images=seven
refuses "missing folder of Fashion-MNIST" "/nowhere" train files.json --set data='{"type": "FashionMNIST", "root": "/nowhere"}'

# ---- output
echo >file
refuses "a file in the place of the output folder" "output folder file|file.*(directory|exists)" train good.json --out file
refuses "an output folder that cannot be made" "output folder /proc/x" train good.json --out /proc/x
full() { # a disk with 4 KiB left: the limit's signal is ignored, so that writing fails
  (
    trap '' XFSZ
    ulimit -f 4
    exec "$tare" train good.json --out full
  ) >out 2>err
  [ $? = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -q "^tare: cannot write .*checkpoint.json.*File too large" err && ! ls full/*.tmp 2>/dev/null
}
full
outcome "a full disk" $?
mkdir small
if mount -t tmpfs -o size=16k tmpfs small 2>/dev/null; then
  refuses "a full file system" "small/.*No space left on device" train good.json --out small/run
  umount small
fi

# ---- divergence: the last good checkpoint stays
step_of() { sed -n 's/^ *"step": \([0-9]*\),$/\1/p' "$1"; }
# The rate grows to 1e30 within the fourth epoch: three checkpoints are written before.
config grows.json "$(linear 36 16), $relu, $(linear 16 4)" '"epochs": 9, "batch_size": 64, "optimizer": {"type": "SGD", "lr": 1e-20},
  "schedule": {"type": "MultiStepLR", "milestones": [28], "gamma": 1e50}'
refuses "NaN loss" "training stopped at step (29|30|31|32): .*last good checkpoint is diverge/checkpoint.json" train grows.json --out diverge
[ "$(step_of diverge/checkpoint.json)" = 24 ]
outcome "the last good checkpoint is that of the third epoch" $?
works "it can be continued" "$tare" train grows.json --resume diverge --set epochs=3
refuses "NaN loss in the first epoch" "training stopped at step [0-9]+: .*last good checkpoint is first/checkpoint.json" train good.json --out first --set optimizer='{"type": "SGD", "lr": 1e30}'
[ "$(step_of first/checkpoint.json)" = 0 ]
outcome "the checkpoint from before the first step" $?

# ---- checkpoints of something else
works "a run to continue" "$tare" train good.json --out run
refuses "another model: other sizes" "run/checkpoint.json is the checkpoint of another model" train good.json --resume run --set model.layers.0.out_features=8 --set model.layers.2.in_features=8
refuses "another model: other layers" "run/checkpoint.json is the checkpoint of another model" train good.json --resume run --set model.layers.1.type=GELU
refuses "another model: another type" "run/checkpoint.json is the checkpoint of another model" train good.json --resume run --set model="$(linear 36 4)"
refuses "another optimizer" "goes on as it began, but optimizer.type is \"AdamW\" there and \"SGD\" here" train good.json --resume run --set optimizer=SGD
refuses "another batch size" "goes on as it began, but batch_size is 64 there and 32 here" train good.json --resume run --set batch_size=32
refuses "no run to resume" "nothing/checkpoint.json" train good.json --resume nothing
cp -r run broken
head -c 2000 run/checkpoint.json >broken/checkpoint.json
refuses "a cut checkpoint" "broken/checkpoint.json" train good.json --resume broken
sed '0,/"step": 16/s//"step": 17/' run/checkpoint.json >broken/checkpoint.json
refuses "a changed checkpoint" "broken/checkpoint.json.*(crc|checksum)" train good.json --resume broken
cp good.json broken/checkpoint.json
refuses "a config in the place of a checkpoint" "not a training checkpoint" train good.json --resume broken

# ---- the other commands
refuses "explain: missing config" "No such file" explain missing.json
refuses "compare: nothing to vary" "vary" compare good.json
refuses "compare: unknown type" 'Addam.*did you mean "Adam"' compare good.json --vary optimizer=SGD,Addam
refuses "compare: no layer of the kind" "no normalization layer" compare good.json --vary norm=BatchNorm1d
refuses "compare: a type that is no norm" "Conv2d cannot stand at 0.1" compare deep.json --set model.layers.0.layers.1.num_features=16 --vary norm=Conv2d
refuses "compare: a choice twice" "twice" compare good.json --vary epochs=1,1
refuses "inspect: missing file" "missing" inspect missing
refuses "check: missing file" "missing" check missing
refuses "list: unknown catalogue" 'did you mean "norms"' list norm
finish
