"""The training rows of `tare bench` as a Python user runs them: PyTorch eager and torch.compile with the fused Adam, and JAX with jit; in
eager also a step of every optimizer that PyTorch has.

    python.py {eager,compile,jax} [--threads N] [--filter S] [--seconds S]      prints {name: {"ms": median}}

Same models and steps as examples/cli/bench_train.cpp and bench_catalogue.cpp. Run by tests/bench/compare.
"""
import argparse
import json
import os
import statistics
import time

parser = argparse.ArgumentParser()
parser.add_argument("peer", choices=["eager", "compile", "jax"])
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--filter", default="")
parser.add_argument("--seconds", type=float, default=0.6)
args = parser.parse_args()
results = {}


def row(name, prepare):
    """Times what prepare() returns, after four runs to warm up and compile."""
    if args.filter not in name:
        return
    work = prepare()
    for _ in range(4):
        work()
    times, begin = [], time.perf_counter()
    while len(times) < 7 or (time.perf_counter() - begin < args.seconds and len(times) < 2000):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    results[name] = {"ms": statistics.median(times) * 1e3}


def torch_rows():
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    class Block(nn.Module):
        def __init__(self, inside, out, stride):
            super().__init__()
            self.conv1, self.norm1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
            self.conv2, self.norm2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
            changes = stride != 1 or inside != out
            self.shortcut = nn.Conv2d(inside, out, 1, stride, bias=False) if changes else nn.Identity()

        def forward(self, x):
            return F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))) + self.shortcut(x))

    class Mean(nn.Module):
        def forward(self, x):
            return x.mean((2, 3))

    def resnet20():
        layers, before = [nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
        for width in (16, 32, 64):
            for i in range(3):
                layers.append(Block(before, width, 2 if width > 16 and i == 0 else 1))
                before = width
        return nn.Sequential(*layers, Mean(), nn.Linear(64, 10))

    class CharacterLSTM(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.lstm, self.head = nn.Embedding(96, 128), nn.LSTM(128, 256, batch_first=True), nn.Linear(256, 96)

        def forward(self, x):
            return self.head(self.lstm(self.embedding(x))[0]).reshape(-1, 96)

    class AttentionBlock(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            batch, steps, width = x.shape
            q, k, v = self.qkv(self.norm1(x)).view(batch, steps, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).reshape(batch, steps, width))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(96, 128), nn.Embedding(128, 128)
            self.blocks = nn.Sequential(*[AttentionBlock(128, 4) for _ in range(4)])
            self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 96)

        def forward(self, x):
            y = self.tokens(x) + self.positions(torch.arange(x.shape[1]))
            return self.head(self.norm(self.blocks(y))).reshape(-1, 96)

    def training(name, make, x, y):
        def prepare():
            model = make()
            opt = torch.optim.Adam(model.parameters(), 1e-3, fused=True)

            def loss(x, y):
                return F.cross_entropy(model(x), y)

            if args.peer == "compile":
                torch._dynamo.reset()
                loss = torch.compile(loss)

            def step():
                opt.zero_grad()
                loss(x, y).backward()
                opt.step()

            return step

        row(name, prepare)

    def labels(classes, n):
        return torch.randint(0, classes, (n,))

    def mlp():
        return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

    def cnn():
        return nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 10))  # fmt: skip

    training("train_mlp_784_512_512_10_b128", mlp, torch.randn(128, 784), labels(10, 128))
    training("train_tiny_mlp_64_32_10_b16", lambda: nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)), torch.randn(16, 64), labels(10, 16))
    training("train_cnn_bn_28x28_b64", cnn, torch.randn(64, 1, 28, 28), labels(10, 64))
    training("train_resnet20_28x28_b32", resnet20, torch.randn(32, 1, 28, 28), labels(10, 32))
    training("train_lstm_256_t64_b32", CharacterLSTM, labels(96, 32 * 64).view(32, 64), labels(96, 32 * 64))
    training("train_gpt_d128_l4_t128_b8", GPT, labels(96, 8 * 128).view(8, 128), labels(96, 8 * 128))

    def step_10M(name):
        """One step over 40 tensors of 500 x 500, with the fused kernel where this PyTorch has one and its default otherwise."""

        def prepare():
            weights = [nn.Parameter(0.05 * torch.randn(500, 500)) for _ in range(40)]
            for w in weights:
                g = 1e-3 * torch.randn(500, 500)
                w.grad = g.to_sparse(1) if name == "SparseAdam" else g
            method = getattr(torch.optim, name)
            try:
                opt = method(weights, fused=True)
            except (TypeError, RuntimeError):
                opt = method(weights)
            return opt.step

        row("step_10M_" + name, prepare)

    if args.peer == "eager":
        for name in ("SGD", "Adam", "AdamW", "Adadelta", "Adafactor", "Adagrad", "Adamax", "ASGD", "Muon", "NAdam", "RAdam", "RMSprop", "Rprop", "SparseAdam"):
            if hasattr(torch.optim, name):
                step_10M(name)


def jax_rows():
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if args.threads > 1 else 'false'} intra_op_parallelism_threads={args.threads}"
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    if args.threads == 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import jax
    import jax.numpy as jnp

    keys = iter(jax.random.split(jax.random.PRNGKey(0), 1000))

    def normal(*shape):
        return jax.random.normal(next(keys), shape)

    def matrix(inside, out):
        return normal(inside, out) / inside**0.5

    def labels(classes, *shape):
        return jax.random.randint(next(keys), shape, 0, classes)

    def training(name, parameters, model, x, y):
        def prepare():
            p = parameters()
            zeros = jax.tree.map(jnp.zeros_like, p)

            def loss(p):
                logits = jax.nn.log_softmax(model(p, x))
                return -jnp.take_along_axis(logits, y[:, None], 1).mean()

            @jax.jit
            def adam(state):
                p, m, v, t = state
                g = jax.grad(loss)(p)
                t = t + 1
                m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
                v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
                rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
                return jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), p, m, v), m, v, t

            state = [(p, zeros, zeros, jnp.float32(0))]

            def step():
                state[0] = adam(state[0])
                jax.block_until_ready(state[0])

            return step

        row(name, prepare)

    def linear(inside, out):
        return matrix(inside, out), jnp.zeros(out)

    def apply(layer, x):
        return x @ layer[0] + layer[1]

    def mlp(p, x):
        return apply(p[2], jax.nn.relu(apply(p[1], jax.nn.relu(apply(p[0], x)))))

    training("train_mlp_784_512_512_10_b128", lambda: [linear(784, 512), linear(512, 512), linear(512, 10)], mlp, normal(128, 784), labels(10, 128))
    training("train_tiny_mlp_64_32_10_b16", lambda: [linear(64, 32), linear(32, 10)], lambda p, x: apply(p[1], jnp.tanh(apply(p[0], x))),
             normal(16, 64), labels(10, 16))  # fmt: skip

    def conv(x, w, stride=1):
        return jax.lax.conv_general_dilated(x, w, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def kernel(size, inside, out):
        return normal(size, size, inside, out) / (size * size * inside) ** 0.5

    def batch_norm(x, p):
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * p[0] + p[1]

    def norm_parameters(n):
        return jnp.ones(n), jnp.zeros(n)

    def pool(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def cnn(p, x):
        for w, n in p["convs"]:
            x = pool(jax.nn.relu(batch_norm(conv(x, w), n)))
        return apply(p["f2"], jax.nn.relu(apply(p["f1"], x.reshape(64, -1))))

    training("train_cnn_bn_28x28_b64",
             lambda: {"convs": [(kernel(3, 1, 32), norm_parameters(32)), (kernel(3, 32, 64), norm_parameters(64))], "f1": linear(3136, 128), "f2": linear(128, 10)},
             cnn, normal(64, 28, 28, 1), labels(10, 64))  # fmt: skip

    def block_parameters(inside, out, stride):
        p = {"w1": kernel(3, inside, out), "n1": norm_parameters(out), "w2": kernel(3, out, out), "n2": norm_parameters(out)}
        return {**p, "shortcut": kernel(1, inside, out)} if stride != 1 or inside != out else p

    shapes, before = [], 16
    for width in (16, 32, 64):
        for i in range(3):
            shapes.append((before, width, 2 if width > 16 and i == 0 else 1))
            before = width

    def resnet20(p, x):
        x = jax.nn.relu(batch_norm(conv(x, p["w"]), p["n"]))
        for b, (_, _, stride) in zip(p["blocks"], shapes):
            y = batch_norm(conv(jax.nn.relu(batch_norm(conv(x, b["w1"], stride), b["n1"])), b["w2"]), b["n2"])
            x = jax.nn.relu(y + (conv(x, b["shortcut"], stride) if "shortcut" in b else x))
        return apply(p["head"], x.mean((1, 2)))

    training("train_resnet20_28x28_b32",
             lambda: {"w": kernel(3, 1, 16), "n": norm_parameters(16), "blocks": [block_parameters(*s) for s in shapes], "head": linear(64, 10)},
             resnet20, normal(32, 28, 28, 1), labels(10, 32))  # fmt: skip

    def lstm(p, x):
        inputs = p["embedding"][x].transpose(1, 0, 2) @ p["ih"] + p["b"]

        def cell(state, pre):
            h, c = state
            i, f, g, o = jnp.split(pre + h @ p["hh"], 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zero = jnp.zeros((32, 256))
        _, y = jax.lax.scan(cell, (zero, zero), inputs)
        return apply(p["head"], y.transpose(1, 0, 2)).reshape(-1, 96)

    training("train_lstm_256_t64_b32",
             lambda: {"embedding": normal(96, 128), "ih": matrix(128, 1024), "hh": matrix(256, 1024), "b": jnp.zeros(1024), "head": linear(256, 96)},
             lstm, labels(96, 32, 64), labels(96, 32 * 64))  # fmt: skip

    def layer_norm(x, p):
        mean = x.mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-5) * p[0] + p[1]

    def gpt(p, x):
        y = p["tokens"][x] + p["positions"]
        mask = jnp.tril(jnp.ones((128, 128), bool))
        for b in p["blocks"]:
            q, k, v = apply(b["qkv"], layer_norm(y, b["n1"])).reshape(8, 128, 3, 4, 32).transpose(2, 0, 3, 1, 4)
            weights = jax.nn.softmax(jnp.where(mask, q @ k.swapaxes(-1, -2) / 32**0.5, -1e9), -1)
            y = y + apply(b["out"], (weights @ v).transpose(0, 2, 1, 3).reshape(8, 128, 128))
            y = y + apply(b["down"], jax.nn.gelu(apply(b["up"], layer_norm(y, b["n2"])), approximate=False))
        return apply(p["head"], layer_norm(y, p["n"])).reshape(-1, 96)

    def gpt_block():
        return {"n1": norm_parameters(128), "n2": norm_parameters(128), "qkv": linear(128, 384), "out": linear(128, 128), "up": linear(128, 512), "down": linear(512, 128)}

    training("train_gpt_d128_l4_t128_b8",
             lambda: {"tokens": normal(96, 128), "positions": normal(128, 128), "blocks": [gpt_block() for _ in range(4)], "n": norm_parameters(128), "head": linear(128, 96)},
             gpt, labels(96, 8, 128), labels(96, 8 * 128))  # fmt: skip


if args.peer == "jax":
    jax_rows()
else:
    torch_rows()
print(json.dumps(results))
