"""Tiny GGUF pairs of random weights, one of each family of vision models that users bring.

The names of keys and tensors, and which of them a family needs, are those that llama.cpp reads (its `src/models` and
`tools/mtmd`); special tokens are those that its multimodal library puts around a picture. Chat templates are of our own
making, in the manner of each family.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import gguf
import numpy as np
from tiny_gguf import add_vocabulary, finish, random_weights

WIDTH, HEADS, HIDDEN = 64, 4, 96  # of text models
HEAD = WIDTH // HEADS
VIT, VIT_HEADS, VIT_HIDDEN = 32, 2, 48  # of vision encoders

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}{{ part.text }}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THINKING = CHATML + "{% if enable_thinking is false %}<think>\n\n</think>\n\n{% else %}<think>\n{% endif %}"
SMOLVLM = (
    "<|im_start|>{% for message in messages %}{{ message.role | capitalize }}:"
    "{% for part in message.content %} {{ part.text }}{% endfor %}<end_of_utterance>\n{% endfor %}Assistant:"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message.role }}\n"
    "{% for part in message.content %}{{ part.text | trim }}{% endfor %}<end_of_turn>\n{% endfor %}"
    "{{ '<start_of_turn>model\n' }}"
)


@dataclass(frozen=True)
class Family:
    """What tells a family from others; `gguf_families.write_pair` writes it.

    blocks: for each layer of the text model {tensor: shape}, of which norms are found by their names. keys: of the text
    model, after its architecture. tokens: that its chats and pictures need. projector: its type. cut: image size, patch
    size and how many patches are merged on a side. outside: cut -> {tensor: shape} of the encoder beside its layers.
    layer, layers: {tensor: shape} of one of its layers, and how many there are. vision_keys: of the projector.
    """

    architecture: str
    blocks: list
    template: str | None
    projector: str
    cut: tuple
    outside: Callable
    layer: dict
    layers: int = 1
    keys: dict = field(default_factory=dict)
    tokens: tuple = ()
    vision_keys: dict = field(default_factory=dict)
    output_norm: str = "output_norm.weight"


def _linear(name, out, into, bias=True):
    return {f"{name}.weight": (out, into)} | ({f"{name}.bias": (out,)} if bias else {})


def _norm(name, size, bias=True):
    return {f"{name}.weight": (size,)} | ({f"{name}.bias": (size,)} if bias else {})


def _merge(*parts):
    return {name: shape for part in parts for name, shape in part.items()}


FEED_FORWARD = _merge(
    *(_linear(f"ffn_{name}", HIDDEN, WIDTH, bias=False) for name in ("gate", "up")),
    _linear("ffn_down", WIDTH, HIDDEN, bias=False),
)
ATTENTION = _merge(
    _norm("attn_norm", WIDTH, bias=False),
    *(_linear(f"attn_{name}", WIDTH, WIDTH, bias=False) for name in ("q", "k", "v", "output")),
)
HEAD_NORMS = _merge(*(_norm(f"attn_{name}_norm", HEAD, bias=False) for name in "qk"))
LLAMA = ATTENTION | _norm("ffn_norm", WIDTH, bias=False) | FEED_FORWARD
QWEN2 = LLAMA | {f"attn_{name}.bias": (WIDTH,) for name in "qkv"}
GEMMA3 = _merge(
    LLAMA, HEAD_NORMS, *(_norm(f"post_{name}", WIDTH, bias=False) for name in ("attention_norm", "ffw_norm"))
)
SHORT_CONVOLUTION = _merge(
    _norm("attn_norm", WIDTH, bias=False), _norm("ffn_norm", WIDTH, bias=False), FEED_FORWARD,
    {"shortconv.conv.weight": (WIDTH, 3), "shortconv.in_proj.weight": (3 * WIDTH, WIDTH)},
    {"shortconv.out_proj.weight": (WIDTH, WIDTH)},
)  # fmt: skip
STATE, GROUPS = 16, 2  # of Qwen3.5's linear attention
INNER = STATE * GROUPS
QWEN35 = _merge(_norm("attn_norm", WIDTH, bias=False), _norm("post_attention_norm", WIDTH, bias=False), FEED_FORWARD)
QWEN35_LINEAR = QWEN35 | {
    "attn_qkv.weight": (3 * INNER, WIDTH), "attn_gate.weight": (INNER, WIDTH), "ssm_conv1d.weight": (3 * INNER, 4),
    "ssm_dt.bias": (GROUPS,), "ssm_a": (GROUPS,), "ssm_beta.weight": (GROUPS, WIDTH),
    "ssm_alpha.weight": (GROUPS, WIDTH), "ssm_norm.weight": (STATE,), "ssm_out.weight": (WIDTH, INNER),
}  # fmt: skip
QWEN35_FULL = _merge(QWEN35, ATTENTION, HEAD_NORMS) | {"attn_q.weight": (2 * WIDTH, WIDTH)}  # with a gate

VIT_FEED_FORWARD = _linear("ffn_up", VIT_HIDDEN, VIT) | _linear("ffn_down", VIT, VIT_HIDDEN)
VIT_NORMS = _norm("ln1", VIT) | _norm("ln2", VIT)
VIT_LAYER = _merge(VIT_NORMS, VIT_FEED_FORWARD, *(_linear(f"attn_{name}", VIT, VIT) for name in ("q", "k", "v", "out")))
QWEN25_LAYER = _merge(
    {name: shape for name, shape in VIT_LAYER.items() if not name.startswith("ln") or name.endswith("weight")},
    _linear("ffn_gate", VIT_HIDDEN, VIT),
)
QWEN3_LAYER = _merge(VIT_NORMS, VIT_FEED_FORWARD, _linear("attn_qkv", 3 * VIT, VIT), _linear("attn_out", VIT, VIT))


def _patches(size, patch, extra=0, bias=True):
    """Return the tensors that make patches of a picture, and their places."""
    shapes = {"v.patch_embd.weight": (VIT, 3, patch, patch)} | ({"v.patch_embd.bias": (VIT,)} if bias else {})
    return shapes | {"v.position_embd.weight": ((size // patch) ** 2 + extra, VIT)}


def _merger(name, numbers, merge):
    """Return the two layers by which neighbouring patches become one token."""
    first, second = numbers
    return _linear(f"{name}.{first}", merge**2 * VIT, merge**2 * VIT) | _linear(
        f"{name}.{second}", WIDTH, merge**2 * VIT
    )


def _qwen3_outside(size, patch, merge):
    second = {"v.patch_embd.weight.1": (VIT, 3, patch, patch)}  # of two frames, which a picture stands for
    return _merge(_patches(size, patch), second, _norm("v.post_ln", VIT), _merger("mm", (0, 2), merge))


SECTIONS = [3, 3, 2, 0]  # of the rotary position: time, height, width
VISION_MARKS = ("<|vision_start|>", "<|vision_end|>")
CHAT_MARKS = ("<|im_start|>", "<|im_end|>")
TILES = tuple(f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5))

FAMILIES = {
    "llava": Family(
        "llama", [LLAMA], None, "mlp", (32, 8, 1),
        lambda size, patch, merge: _merge(
            _patches(size, patch, extra=1, bias=False), {"v.class_embd": (VIT,)}, _norm("v.pre_ln", VIT),
            _linear("mm.0", WIDTH, VIT), _linear("mm.2", WIDTH, WIDTH),
        ),
        VIT_LAYER, layers=2,  # of which llama.cpp leaves the last out
    ),
    "qwen2.5-vl": Family(
        "qwen2vl", [QWEN2], CHATML, "qwen2.5vl_merger", (56, 14, 2),
        lambda size, patch, merge: _merge(
            {"v.patch_embd.weight": (VIT, 3, patch, patch), "v.patch_embd.weight.1": (VIT, 3, patch, patch)},
            _norm("v.post_ln", VIT, bias=False), _merger("mm", (0, 2), merge),
        ),
        QWEN25_LAYER, layers=2, keys={"rope.dimension_sections": SECTIONS}, tokens=CHAT_MARKS + VISION_MARKS,
        vision_keys={"n_wa_pattern": 2},
    ),
    "qwen3-vl": Family(
        "qwen3vl", [LLAMA | HEAD_NORMS] * 2, CHATML, "qwen3vl_merger", (64, 16, 2),
        lambda size, patch, merge: _merge(
            _qwen3_outside(size, patch, merge), _norm("v.deepstack.0.norm", merge**2 * VIT),
            _merger("v.deepstack.0", ("fc1", "fc2"), merge),
        ),
        QWEN3_LAYER, keys={"rope.dimension_sections": SECTIONS, "n_deepstack_layers": 1},
        tokens=CHAT_MARKS + VISION_MARKS,
    ),
    "qwen3.5": Family(
        "qwen35", [QWEN35_LINEAR, QWEN35_FULL], THINKING, "qwen3vl_merger", (64, 16, 2),
        lambda size, patch, merge: _qwen3_outside(size, patch, merge),
        QWEN3_LAYER,
        keys={
            "rope.dimension_sections": SECTIONS, "full_attention_interval": 2, "ssm.conv_kernel": 4,
            "ssm.inner_size": INNER, "ssm.state_size": STATE, "ssm.time_step_rank": GROUPS, "ssm.group_count": GROUPS,
        },
        tokens=CHAT_MARKS + VISION_MARKS,
    ),
    "smolvlm": Family(
        "llama", [LLAMA], SMOLVLM, "idefics3", (32, 8, 2),
        lambda size, patch, merge: _merge(
            _patches(size, patch), _norm("v.post_ln", VIT), {"mm.model.fc.weight": (WIDTH, merge**2 * VIT)}
        ),
        VIT_LAYER, vision_keys={"preproc_image_size": 64},
        tokens=("<|im_start|>", "<end_of_utterance>", "<fake_token_around_image>", "<global-img>", "\n\n", *TILES),
    ),
    "gemma3": Family(
        "gemma3", [GEMMA3] * 2, GEMMA, "gemma3", (64, 8, 4),
        lambda size, patch, merge: _merge(
            _patches(size, patch), _norm("v.post_ln", VIT),
            {"mm.input_projection.weight": (VIT, WIDTH), "mm.soft_emb_norm.weight": (VIT,)},
        ),
        VIT_LAYER, keys={"attention.sliding_window": 32, "attention.sliding_window_pattern": 2},
        tokens=("<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>"),
    ),
    "internvl3": Family(
        "qwen2", [QWEN2], CHATML, "internvl", (32, 8, 2),
        lambda size, patch, merge: _merge(
            _patches(size, patch, extra=1), {"v.class_embd": (VIT,)}, _norm("mm.model.mlp.0", merge**2 * VIT),
            _linear("mm.model.mlp.1", WIDTH, merge**2 * VIT), _linear("mm.model.mlp.3", WIDTH, WIDTH),
        ),
        VIT_LAYER | {"ls1.weight": (VIT,), "ls2.weight": (VIT,)}, tokens=(*CHAT_MARKS, "<img>", "</img>"),
    ),
    "lfm2-vl": Family(
        "lfm2", [SHORT_CONVOLUTION, LLAMA | HEAD_NORMS], CHATML, "lfm2", (64, 8, 2),
        lambda size, patch, merge: _merge(
            _patches(size, patch), _norm("v.post_ln", VIT),
            _linear("mm.1", WIDTH, merge**2 * VIT), _linear("mm.2", WIDTH, WIDTH),
        ),
        VIT_LAYER, keys={"shortconv.l_cache": 3, "attention.head_count_kv": [0, HEADS]},
        tokens=(*CHAT_MARKS, "<|image_start|>", "<|image_end|>", "<|img_thumbnail|>"),
        output_norm="token_embd_norm.weight",
    ),
}  # fmt: skip


def write_pair(folder, name, seed=0):
    """Write `text.gguf` and `mmproj.gguf` of a family into `folder` and return both paths."""
    rng, family = np.random.default_rng(seed), FAMILIES[name]
    return write_text_model(folder / "text.gguf", family, rng), write_projector(folder / "mmproj.gguf", family, rng)


def write_text_model(path, family, rng):
    """Write a text model of one or two layers, whose tokens are bytes, the space, and the marks of its family."""
    writer = gguf.GGUFWriter(path, family.architecture)
    keys = {
        "context_length": 4096, "embedding_length": WIDTH, "block_count": len(family.blocks),
        "feed_forward_length": HIDDEN, "attention.head_count": HEADS, "attention.head_count_kv": HEADS,
        "attention.key_length": HEAD, "attention.value_length": HEAD, "rope.dimension_count": HEAD,
        "attention.layer_norm_rms_epsilon": 1e-5,
    }  # fmt: skip
    for key, value in (keys | family.keys).items():
        _add(writer, f"{family.architecture}.{key}", value)
    words = add_vocabulary(writer, family.tokens, family.template)
    shapes = {"token_embd.weight": (words, WIDTH), family.output_norm: (WIDTH,), "output.weight": (words, WIDTH)}
    for number, block in enumerate(family.blocks):
        shapes |= {f"blk.{number}.{name}": shape for name, shape in block.items()}
    return _write(writer, path, shapes, rng)


def write_projector(path, family, rng, cut=None, width=WIDTH, **vision_keys):
    """Write a vision encoder of one or two layers with its projector.

    cut, vision_keys: as in `Family`, to have others than it. width: what it says to be the width of its tokens.
    """
    size, patch, merge = cut or family.cut
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type(family.projector)
    writer.add_vision_use_gelu(True)
    writer.add_vision_image_mean([0.5] * 3)
    writer.add_vision_image_std([0.5] * 3)
    keys = {
        "image_size": size, "patch_size": patch, "embedding_length": VIT, "feed_forward_length": VIT_HIDDEN,
        "block_count": family.layers, "projection_dim": width, "attention.head_count": VIT_HEADS,
        "attention.layer_norm_epsilon": 1e-6, "spatial_merge_size": merge, "projector.scale_factor": merge,
    }  # fmt: skip
    for key, value in (keys | family.vision_keys | vision_keys).items():
        _add(writer, f"clip.vision.{key}", value)
    shapes = family.outside(size, patch, merge)
    for number in range(family.layers):
        shapes |= {f"v.blk.{number}.{name}": shape for name, shape in family.layer.items()}
    return _write(writer, path, shapes, rng)


def _add(writer, key, value):
    add = writer.add_array if isinstance(value, list) else writer.add_float32 if isinstance(value, float) else None
    (add or writer.add_uint32)(key, value)


def _write(writer, path, shapes, rng):
    for name, shape in shapes.items():
        values = random_weights(rng, name, shape)
        writer.add_tensor(name, -np.abs(values) if name.endswith("ssm_a") else values)
    return finish(writer, path)
