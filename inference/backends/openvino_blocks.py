"""A network on blocks of pixels takes and gives them as they lie, not folded and unfolded.

Folding an image into channels, and the channels of two maps back into images, are transpositions of
all pixels; so is OpenVINO's change between its own layout, channels last, and ours. Together they
took a third of the network's time. Without them the image is read where it lies by a convolution as
tall as a block, and the maps come out block by block (`ProbabilityMap`).
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

_FOLDED = [0, 1, 3, 5, 2, 4]
"""Order of the axes image, channel, row of blocks, column of blocks, row and column in a block."""


def read_blocks(model: ov.Model) -> None:
    """Replace the folding of the input `image` and the 1 x 1 convolution behind it.

    Rows of a block follow each other in memory: the image is (height, width / block) positions with
    `block` channels, on which a convolution of `block` x 1 does the same sums.

    Parameters
    ----------
    model
        Of known shapes; changed in place.
    """
    image = model.input("image").get_node()
    node, folded = image, None
    while folded is None or node.get_type_name() != "Convolution":
        followers = [
            port.get_node()
            for port in node.output(0).get_target_inputs()
            if port.get_node().get_type_name() != "ShapeOf"
        ]
        if len(followers) != 1 or followers[0].get_type_name() not in (
            "Reshape",
            "Transpose",
            "Convolution",
        ):
            return
        node = followers[0]
        if node.get_type_name() == "Convolution" and folded is None:
            return
        if node.get_type_name() == "Transpose":
            order = _constant(node.input_value(1))
            if folded is not None or order is None or order.tolist() != _FOLDED:
                return
            folded = node
    weights = _constant(node.input_value(1))
    count, _, _, block, _, side = folded.get_input_shape(0)
    _, _, height, width = image.get_output_shape(0)
    if weights is None or weights.shape[1:] != (block * side, 1, 1) or block != side:
        return
    lines = ops.transpose(
        ops.reshape(image, np.array([count, height, width // block, block]), False),
        np.array([0, 3, 1, 2]),
    )
    tall = weights.reshape(-1, block, block).transpose(0, 2, 1)[..., np.newaxis]
    convolution = ops.convolution(
        lines,
        ops.constant(np.ascontiguousarray(tall)),
        strides=[block, 1],
        pads_begin=[0, 0],
        pads_end=[0, 0],
        dilations=[1, 1],
    )
    node.output(0).replace(convolution.output(0))
    model.validate_nodes_and_infer_types()


def give_blocks(model: ov.Model) -> int | None:
    """Replace the output `probability` by `mask` and `core`, logits in blocks, channels last.

    Shape (n, rows, columns, block * block) each, see `ProbabilityMap`.

    Parameters
    ----------
    model
        Of known shapes; changed in place.

    Returns
    -------
    Pixels along the side of a block; None, and nothing is changed, of a network that does not end
    in a 1 x 1 convolution, unfolding and sigmoid.
    """
    result = model.output("probability").get_node()
    sigmoid = result.input_value(0).get_node()
    unfold = sigmoid.input_value(0).get_node()
    biased = unfold.input_value(0).get_node() if unfold.inputs() else unfold
    convolution = biased.input_value(0).get_node() if biased.inputs() else biased
    names = [node.get_type_name() for node in (sigmoid, unfold, biased, convolution)]
    if names != ["Sigmoid", "DepthToSpace", "Add", "Convolution"]:
        return None
    weights = _constant(convolution.input_value(1))
    attributes = unfold.get_attributes()
    if weights is None or weights.shape[2:] != (1, 1) or attributes["mode"] != "depth_first":
        return None
    block = int(attributes["block_size"])
    size = block * block
    maps = []
    for index, name in enumerate(("mask", "core")):  # apart they lie apart in memory
        part = slice(index * size, (index + 1) * size)
        single = ops.convolution(
            convolution.input_value(0),
            ops.constant(np.ascontiguousarray(weights[part])),
            strides=[1, 1],
            pads_begin=[0, 0],
            pads_end=[0, 0],
            dilations=[1, 1],
        )
        bias = ops.slice(biased.input_value(1), [part.start], [part.stop], [1], [1])
        blocks = ops.transpose(ops.add(single, bias), np.array([0, 2, 3, 1]))
        blocks.output(0).set_names({name})
        maps.append(ops.result(blocks))
    model.add_results(maps)
    model.remove_result(result)
    model.validate_nodes_and_infer_types()
    return block


def _constant(output: ov.Output) -> np.ndarray | None:
    node = output.get_node()
    if node.get_type_name() == "Convert":  # of one that is stored in half precision
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant":
        return None
    return np.array(node.data).astype(output.get_element_type().to_dtype())
