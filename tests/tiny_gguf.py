"""Write a complete multimodal GGUF pair with random weights: a llama text model of 64 channels, a small ViT projector.

Tensor and key names are those that llama.cpp reads for the architecture `llama` and the projector `janus_pro`.
"""

import gguf
import numpy as np

WIDTH, HEADS, HIDDEN = 64, 4, 128
IMAGE, PATCH = 48, 16
MARKS = ("<|user|>", "<|assistant|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}{{ part.text }}{% endfor %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def write_pair(folder, seed=0):
    """Write `text.gguf` and `mmproj.gguf` (about 310 and 400 kB) into `folder` and return both paths."""
    rng = np.random.default_rng(seed)
    return write_text_model(folder / "text.gguf", rng), write_projector(folder / "mmproj.gguf", rng)


def write_text_model(path, rng, chat_template=CHAT_TEMPLATE, notes=()):
    """Write a one-layer text model whose tokens are the bytes and the space, so that a word has one spelling.

    notes: (name, text) of further keys of its header.
    """
    writer = gguf.GGUFWriter(path, "llama")
    for name, text in notes:
        writer.add_string(name, text)
    _add_size(writer)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    square = dict.fromkeys([f"attn_{part}.weight" for part in ("q", "k", "v", "output")], (WIDTH, WIDTH))
    block = {
        "attn_norm.weight": (WIDTH,), **square, "ffn_norm.weight": (WIDTH,),
        "ffn_gate.weight": (HIDDEN, WIDTH), "ffn_up.weight": (HIDDEN, WIDTH), "ffn_down.weight": (WIDTH, HIDDEN),
    }  # fmt: skip
    for name, shape in _text_shapes(add_vocabulary(writer, MARKS, chat_template), block).items():
        writer.add_tensor(name, random_weights(rng, name, shape))
    return finish(writer, path)


def write_recurrent_model(path, rng, inner=128, state=8, kernel=4, rank=4):
    """Write a one-layer Mamba text model, which cannot forget its latest tokens."""
    writer = gguf.GGUFWriter(path, "mamba")
    _add_size(writer)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_ssm_conv_kernel(kernel)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(state)
    writer.add_ssm_time_step_rank(rank)
    block = {
        "attn_norm.weight": (WIDTH,), "ssm_in.weight": (2 * inner, WIDTH), "ssm_out.weight": (WIDTH, inner),
        "ssm_conv1d.weight": (inner, kernel), "ssm_conv1d.bias": (inner,), "ssm_x.weight": (rank + 2 * state, inner),
        "ssm_dt.weight": (inner, rank), "ssm_dt.bias": (inner,), "ssm_a": (inner, state), "ssm_d": (inner,),
    }  # fmt: skip
    for name, shape in _text_shapes(add_vocabulary(writer, MARKS, CHAT_TEMPLATE), block).items():
        values = random_weights(rng, name, shape)
        writer.add_tensor(name, -np.abs(values) if name.endswith("ssm_a") else values)
    return finish(writer, path)


def write_projector(path, rng, width=WIDTH):
    """Write a one-layer ViT on 48 x 48 px whose 9 image tokens have `width` channels, as wide as its text model."""
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("janus_pro")
    writer.add_vision_use_silu(True)
    writer.add_vision_image_size(IMAGE)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(WIDTH)
    writer.add_vision_feed_forward_length(HIDDEN)
    writer.add_vision_block_count(1)
    writer.add_vision_projection_dim(width)
    writer.add_vision_head_count(HEADS)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_image_mean([0.5] * 3)
    writer.add_vision_image_std([0.5] * 3)
    for name, shape in _projector_shapes(width).items():
        writer.add_tensor(name, random_weights(rng, name, shape))
    return finish(writer, path)


def _add_size(writer):
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_layer_norm_rms_eps(1e-5)


def add_vocabulary(writer, marks, chat_template):
    """Add tokens for the bytes and the space, control tokens `marks`, and a template if any; return their number."""
    kinds = gguf.TokenType
    pieces = [(word, kinds.CONTROL) for word in ("<unk>", "<s>", "</s>", *marks)]
    pieces += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    pieces.append(("▁", kinds.NORMAL))  # a space
    writer.add_tokenizer_model("llama")
    writer.add_token_list([word for word, _ in pieces])
    writer.add_token_scores([0.0] * len(pieces))
    writer.add_token_types([kind for _, kind in pieces])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(False)
    if chat_template:
        writer.add_chat_template(chat_template)
    return len(pieces)


def _text_shapes(words, block):
    outer = {"token_embd.weight": (words, WIDTH), "output_norm.weight": (WIDTH,), "output.weight": (words, WIDTH)}
    return outer | {f"blk.0.{name}": shape for name, shape in block.items()}


def _projector_shapes(width):
    layers = {
        "v.patch_embd": (WIDTH, 3, PATCH, PATCH), "v.post_ln": (WIDTH,),
        "mm.0": (HIDDEN, WIDTH), "mm.1": (width, HIDDEN),
        "v.blk.0.ln1": (WIDTH,), "v.blk.0.ln2": (WIDTH,),
        "v.blk.0.ffn_up": (HIDDEN, WIDTH), "v.blk.0.ffn_down": (WIDTH, HIDDEN),
    }  # fmt: skip
    layers |= {f"v.blk.0.attn_{part}": (WIDTH, WIDTH) for part in ("q", "k", "v", "out")}
    shapes = {"v.position_embd.weight": ((IMAGE // PATCH) ** 2, WIDTH)}
    for name, shape in layers.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


def random_weights(rng, name, shape):
    """Random weights that keep the signal's size; a norm's weight is near 1, every other vector small."""
    values = rng.standard_normal(shape, dtype=np.float32)
    if len(shape) > 1:
        return values if name == "token_embd.weight" else values / np.sqrt(np.prod(shape[1:], dtype=np.float32))
    return values / 10 + (name.endswith(("norm.weight", "ln.weight", "ln1.weight", "ln2.weight")))


def finish(writer, path):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
