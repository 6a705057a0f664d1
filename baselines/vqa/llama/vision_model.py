"""A vision model on the CPU by llama.cpp: a GGUF text model and its vision projector, read and spoken token by token.

Only public functions of llama-cpp-python are used; its chat handlers are not, because they give no likelihoods and
know no chat template that takes plain text.
"""

import collections
import contextlib
import ctypes
import functools
import os
import re
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
from scipy.special import log_softmax

from baselines.errors import InputError
from baselines.vqa.llama.chat import chat_of
from baselines.vqa.llama.gguf_header import gguf_keys, projector_type
from baselines.vqa.llama.grammars import GrammarFilter
from baselines.vqa.llama.menu import family_of

CONTEXT = 4096  # tokens of picture, prompt and answer; a picture takes up to about 2000, a prompt 300
MOST_TOKENS = 256  # of a picture for SmolVLM, about; it would widen each to 2048 px, which takes a minute on a core
FLOAT32 = 0  # number of the type in ggml
SMALL_MODEL = 32 * 2**20  # bytes; below this size a second thread costs more than it gives
ERROR_LEVEL = 4  # of ggml's loggers
UNKNOWN = re.compile(r"unknown (projector type|model architecture): '?([^\s']+)")  # as llama.cpp complains
COMPLAINTS = collections.deque(maxlen=8)  # what llama.cpp reported while it loaded a model


class VisionModel:
    """A text model with its vision projector and what it has read so far.

    model, mmproj: paths of the two GGUF files. threads: None takes half of the physical cores, one for a model
    below 32 MiB; never more than there are cores. Raises `InputError` for files that llama.cpp does not load together.
    """

    def __init__(self, model, mmproj, threads=None):
        import llama_cpp
        from llama_cpp import mtmd_cpp

        self._lib, self._mtmd, self._path = llama_cpp, mtmd_cpp, model
        self._seen, self._seen_end = None, None  # the picture in the memory with what stands before it; its `place`
        self.picture_tokens = 0  # of the picture that was read last
        self._marker = mtmd_cpp.mtmd_default_marker().decode()
        threads = min(threads or _default_threads(model), joblib.cpu_count())
        with contextlib.ExitStack() as stack:
            self._llm = stack.enter_context(contextlib.closing(self._load_text_model(threads)))
            # what recurrent layers read, they cannot forget: their state is kept instead
            self._forgets = not any(
                ask(self._llm.model) for ask in (llama_cpp.llama_model_is_recurrent, llama_cpp.llama_model_is_hybrid)
            )
            self._projector_type = projector_type(gguf_keys(mmproj))
            self.chat = self._chat()
            self._projector = self._load_projector(mmproj, threads)
            stack.callback(mtmd_cpp.mtmd_free, self._projector)
            self._resources = stack.pop_all()

    def close(self):
        """Free the memory; the model cannot be used afterwards."""
        self._resources.close()

    def read(self, prompt, picture, answer_tokens):
        """Forget the last message and read a user's message: an (H, W, 3) uint8 RGB picture, then the prompt.

        A picture that was in the last message too is not encoded again. Raises `InputError` when the message and
        `answer_tokens` more do not fit into the model's context.
        """
        # A prompt must not pass for a second picture.
        text = self.chat.render(prompt.replace(self._marker, " "))
        # Some templates write the start token that the tokenizer would add.
        start = self._token_text(self._llm.token_bos())
        encoded = text.encode()
        message = self._mtmd.mtmd_input_text(encoded, len(encoded), not (start and text.startswith(start)), True)
        picture = np.ascontiguousarray(picture)
        height, width = picture.shape[:2]
        with contextlib.ExitStack() as stack:
            pixels = picture.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
            bitmap = self._mtmd.mtmd_bitmap_init(width, height, pixels)
            stack.callback(self._mtmd.mtmd_bitmap_free, bitmap)
            chunks = self._mtmd.mtmd_input_chunks_init()
            stack.callback(self._mtmd.mtmd_input_chunks_free, chunks)
            bitmaps = (self._mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
            code = self._mtmd.mtmd_tokenize(self._projector, chunks, ctypes.byref(message), bitmaps, 1)
            if code:
                raise InputError(f"{self._path}: cannot read this picture or question (code {code})")
            self._evaluate(chunks, answer_tokens, (text.partition(self._marker)[0], picture.shape, picture.tobytes()))

    def hear(self, token):
        """Read one more token, as if the model had said it."""
        self._llm.eval([token])

    def place(self):
        """Return where it has read to, for `return_to`."""
        return self._llm.n_tokens, None if self._forgets else self._state()

    def return_to(self, place):
        """Forget what was read after a place."""
        self._llm.n_tokens, state = place
        if state is None:
            done = self._lib.llama_memory_seq_rm(self._memory(), -1, self._llm.n_tokens, -1)
        else:
            done = self._lib.llama_state_seq_set_data(self._llm.ctx, state, len(state), 0)
        if not done:
            raise InputError(f"{self._path}: llama.cpp cannot go back to what this model read; give another model")

    def log_probabilities(self):
        """Return log P of each possible next token: (vocabulary,) float64.

        Raises `InputError` for a model whose weights give no numbers.
        """
        logits = self._lib.llama_get_logits_ith(self._llm.ctx, -1)
        found = log_softmax(np.ctypeslib.as_array(logits, (self._llm.n_vocab(),)).astype(float))
        if np.isnan(found).any():
            raise InputError(f"{self._path}: its weights give values that are no numbers; copy the file again")
        return found

    def tokens(self, text):
        """Return the tokens that spell `text` at the start of an answer."""
        return self._llm.tokenize(text.encode(), add_bos=False)

    def text(self, tokens):
        """Return what tokens spell; bytes that are no UTF-8 are left out."""
        return b"".join(map(self._piece, tokens)).decode("utf-8", "ignore")

    def ends(self, token):
        """Tell whether a token ends an answer."""
        return self._lib.llama_vocab_is_eog(self._lib.llama_model_get_vocab(self._llm.model), token)

    def grammar_filter(self, grammar):
        """Return a function from log P of the next token to those that a GBNF grammar allows next, the others -inf.

        Its attribute `accept` takes the token that was chosen. The grammar must be valid: llama.cpp ends the process
        on one that is not.
        """
        return GrammarFilter(self._lib, self._lib.llama_model_get_vocab(self._llm.model), grammar)

    def _evaluate(self, chunks, answer_tokens, shown):
        needed = self._mtmd.mtmd_helper_get_n_tokens(chunks) + answer_tokens
        if needed > CONTEXT:
            raise InputError(f"{self._path}: the question takes {needed} of {CONTEXT} tokens; shorten it")
        parts = [self._mtmd.mtmd_input_chunks_get(chunks, n) for n in range(self._mtmd.mtmd_input_chunks_size(chunks))]
        kinds = [self._mtmd.mtmd_input_chunk_get_type(part) for part in parts]
        pictures = [n for n, kind in enumerate(kinds) if kind != self._mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT]
        self.picture_tokens = sum(self._mtmd.mtmd_input_chunk_get_n_tokens(parts[n]) for n in pictures)
        split = pictures[-1] + 1
        if shown == self._seen:
            self.return_to(self._seen_end)
        else:
            self._seen = None
            self._llm.reset()
            self._lib.llama_memory_clear(self._memory(), True)
            self._feed(parts[:split])
            self._seen, self._seen_end = shown, self.place()
        self._feed(parts[split:])

    def _feed(self, parts):
        for number, part in enumerate(parts):
            start = self._llm.n_tokens
            end = self._lib.llama_pos(start)  # counted up from here
            last = number == len(parts) - 1
            code = self._mtmd.mtmd_helper_eval_chunk_single(
                self._projector, self._llm.ctx, part, start, 0, self._llm.n_batch, last, ctypes.byref(end)
            )
            if code:
                self._seen = None
                raise InputError(f"{self._path}: llama.cpp failed on the question (code {code}); give another model")
            self._llm.n_tokens = end.value

    def _state(self):
        size = self._lib.llama_state_seq_get_size(self._llm.ctx, 0)
        state = (ctypes.c_uint8 * size)()
        self._lib.llama_state_seq_get_data(self._llm.ctx, state, size, 0)
        return state

    def _memory(self):
        return self._lib.llama_get_memory(self._llm.ctx)

    def _load_text_model(self, threads):
        from jinja2 import TemplateError

        _hush()
        COMPLAINTS.clear()
        # A small model has room for a memory in full precision.
        precision = {"type_k": FLOAT32, "type_v": FLOAT32} if _is_small(self._path) else {}
        try:
            return self._lib.Llama(
                str(self._path), n_ctx=CONTEXT, n_threads=threads, n_threads_batch=threads, verbose=False, **precision
            )
        except (ValueError, TemplateError) as error:
            usual = f"not loaded ({_first_complaint(error)}); copy it again or give another"
            raise InputError(f"{self._path}: {_too_new() or usual}") from None

    def _load_projector(self, mmproj, threads):
        parameters = self._mtmd.mtmd_context_params_default()
        parameters.use_gpu = parameters.print_timings = False
        family = family_of(self._projector_type)
        # sets memory aside, which tells at once what does not fit; for Qwen-VL gigabytes, for far larger pictures
        parameters.warmup = family != "Qwen-VL"
        if family == "SmolVLM":
            parameters.image_max_tokens = MOST_TOKENS
        parameters.n_threads = threads
        parameters.flash_attn_type = self._lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        projector = self._mtmd.mtmd_init_from_file(os.fsencode(mmproj), self._llm.model, parameters)
        if projector is None or not self._mtmd.mtmd_support_vision(projector):
            reason = _first_complaint("no vision encoder")
            usual = f"does not fit {self._path} ({reason}); give the mmproj made for this model"
            raise InputError(f"{mmproj}: {_too_new() or usual}")
        return projector

    def _chat(self):
        template = self._llm.metadata.get("tokenizer.chat_template")
        special = self._token_text(self._llm.token_eos()), self._token_text(self._llm.token_bos())
        try:
            return chat_of(template, self._projector_type, special, self._marker)
        except InputError as error:
            raise InputError(f"{self._path}: {error}") from None

    def _piece(self, token):
        # `Llama.detokenize` loses tokens of more than 32 bytes.
        vocabulary = self._lib.llama_model_get_vocab(self._llm.model)
        size = -self._lib.llama_token_to_piece(vocabulary, token, None, 0, 0, False)
        buffer = ctypes.create_string_buffer(size + 1)
        self._lib.llama_token_to_piece(vocabulary, token, buffer, size, 0, False)
        return buffer.raw[:size]

    def _token_text(self, token):
        return self._llm.detokenize([token], special=True).decode("utf-8", "ignore") if token >= 0 else ""


def _is_small(model):
    return Path(model).stat().st_size < SMALL_MODEL


def _default_threads(model):
    # llama.cpp's threads wait for each other in a busy loop: when other programs need the cores, one thread a core
    # is many times slower than a single thread.
    cores = joblib.cpu_count(only_physical_cores=True)
    return 1 if _is_small(model) else max(1, cores // 2)


@functools.cache
def _hush():
    """Send the errors of llama.cpp's three loggers to `COMPLAINTS` and all else nowhere, for this process.

    The callback is returned, and so kept by the cache, because the library goes on calling it.
    """
    import llama_cpp
    from llama_cpp import mtmd_cpp

    @llama_cpp.llama_log_callback
    def keep_errors(level, text, _):
        if level == ERROR_LEVEL:
            COMPLAINTS.append(_one_line(text.decode("utf-8", "replace")))

    for register in (llama_cpp.llama_log_set, mtmd_cpp.mtmd_log_set, mtmd_cpp.mtmd_helper_log_set):
        register(keep_errors, ctypes.c_void_p(0))
    return keep_errors


def _one_line(text):
    return " ".join(str(text).split())


def _too_new():
    """Return what to do about a kind of model that this llama.cpp does not know, "" where something else is wrong."""
    found = next(filter(None, map(UNKNOWN.search, COMPLAINTS)), None)
    if not found:
        return ""
    kind, name = found.groups()
    return f"its {kind} {name!r} is unknown to llama-cpp-python {version('llama-cpp-python')}; a newer one may know it"


def _first_complaint(otherwise):
    return _one_line(COMPLAINTS[0] if COMPLAINTS else otherwise)
