"""The small vision model as a GGUF pair: written for llama.cpp, and read back to go on training."""

import json

import numpy as np

from baselines.errors import InputError
from baselines.files import atomic_path
from baselines.vqa.llama.gguf_header import gguf_keys
from baselines.vqa.vlm import require, vocabulary
from baselines.vqa.vlm.network import NORM_EPSILON, RMS_EPSILON, ROPE_BASE, Network, Size

NAME = "megc-tiny-vlm"
STYLE = "megc.style"  # marks a model of ours, which is asked the challenge's wording about a flow panel and no more
NOTE = "megc.training"  # how it was trained, JSON
TEXT_PARTS = ("token_embd", "output_norm", "output", "blk")


def write_pair(network, model, mmproj, training=None):
    """Write the text model and the vision projector (float32) to two paths. training: JSON-able, kept as a note."""
    gguf = require("gguf")
    text, vision = {}, {}
    for name, values in network.state_dict().items():
        name = _gguf_name(name)
        (text if name.split(".")[0] in TEXT_PARTS else vision)[name] = values.numpy()
    with atomic_path(model) as path:
        writer = gguf.GGUFWriter(path, "llama")
        _describe_text(gguf, writer, network.size)
        writer.add_string(STYLE, "question")
        writer.add_string(NOTE, json.dumps(training or {}))
        _finish(writer, text)
    with atomic_path(mmproj) as path:
        writer = gguf.GGUFWriter(path, "clip")
        _describe_projector(writer, network.size)
        _finish(writer, vision)


def read_pair(model, mmproj):
    """Return the `Network` in a GGUF pair that `write_pair` wrote. Raises `InputError` for any other pair."""
    torch, gguf = require("torch"), require("gguf")
    keys, vision = gguf_keys(model), gguf_keys(mmproj)
    if keys.get(STYLE) != "question":
        raise InputError(f"{model}: not a model that `train --recipe vlm` wrote; give one that was")
    size = Size(
        vocabulary=len(vocabulary.tokens()),
        image=vision["clip.vision.image_size"],
        patch=vision["clip.vision.patch_size"],
        width=keys["llama.embedding_length"],
        hidden=keys["llama.feed_forward_length"],
        heads=keys["llama.attention.head_count"],
        vision_layers=vision["clip.vision.block_count"],
        text_layers=keys["llama.block_count"],
        context=keys["llama.context_length"],
    )
    network = Network(size)
    stored = {
        tensor.name: np.asarray(tensor.data, np.float32)
        for path in (model, mmproj)
        for tensor in gguf.GGUFReader(path).tensors
    }
    state = {name: torch.from_numpy(stored[_gguf_name(name)].copy()) for name in network.state_dict()}
    if state["token_embd.weight"].shape[0] != size.vocabulary:
        raise InputError(f"{model}: made for other wordings of the questions; train it again")
    network.load_state_dict(state)
    return network.eval()


def _gguf_name(name):
    head, _, rest = name.partition(".")
    head = {"vision_blocks": "v.blk", "text_blocks": "blk", "mm_0": "mm.0", "mm_1": "mm.1"}.get(head, head)
    if head in ("patch_embd", "post_ln"):
        head = f"v.{head}"
    return "v.position_embd.weight" if head == "position_embd" else f"{head}.{rest}"


def _describe_text(gguf, writer, size):
    writer.add_name(NAME)
    writer.add_context_length(size.context)
    writer.add_embedding_length(size.width)
    writer.add_block_count(size.text_layers)
    writer.add_feed_forward_length(size.hidden)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.heads)
    writer.add_layer_norm_rms_eps(RMS_EPSILON)
    writer.add_rope_dimension_count(size.width // size.heads)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_vocab_size(size.vocabulary)
    kinds = gguf.TokenType
    words = vocabulary.tokens()
    types = [kinds.USER_DEFINED] * len(words)
    types[: len(vocabulary.SPECIAL)] = [kinds.CONTROL] * len(vocabulary.SPECIAL)
    for number, word in enumerate(words):
        if word == vocabulary.SPACE:
            types[number] = kinds.NORMAL
        elif word.startswith("<0x"):
            types[number] = kinds.BYTE
    writer.add_tokenizer_model("llama")
    writer.add_token_list(list(words))
    writer.add_token_scores([0.0] * len(words))
    writer.add_token_types(types)
    writer.add_unk_token_id(words.index(vocabulary.UNKNOWN))
    writer.add_bos_token_id(words.index(vocabulary.START))
    writer.add_eos_token_id(words.index(vocabulary.END))
    writer.add_add_space_prefix(False)
    writer.add_chat_template(vocabulary.CHAT_TEMPLATE)


def _describe_projector(writer, size):
    writer.add_type("mmproj")
    writer.add_name(NAME)
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("janus_pro")
    writer.add_vision_use_silu(True)
    writer.add_vision_image_size(size.image)
    writer.add_vision_patch_size(size.patch)
    writer.add_vision_embedding_length(size.width)
    writer.add_vision_feed_forward_length(size.hidden)
    writer.add_vision_block_count(size.vision_layers)
    writer.add_vision_projection_dim(size.width)
    writer.add_vision_head_count(size.heads)
    writer.add_vision_attention_layernorm_eps(NORM_EPSILON)
    writer.add_vision_image_mean([0.5] * 3)
    writer.add_vision_image_std([0.5] * 3)


def _finish(writer, tensors):
    for name, values in tensors.items():
        writer.add_tensor(name, np.ascontiguousarray(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
