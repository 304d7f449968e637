"""A model folder's copy for cards: a tiny model, on a processor."""
import hashlib
import pathlib
import tempfile
import tomllib
import unittest

import onnx

import cards
import tiny


class Copies(unittest.TestCase):
    def test_a_copy_answers_as_the_original_and_holds_no_integer_product(self):
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder) / "model"
            tiny.write(model)
            for precision in cards.MOST:
                out = pathlib.Path(folder) / precision
                told = cards.write(model, out, precision)
                # What int8 rounds of activations is what stands between the two.
                self.assertLess(told["logits_apart_from_int8"], 0.5, precision)
                self.assertLessEqual(told["logits_moved_by_padding"], cards.MOST[precision])
                kinds = {node.op_type for node in cards.nodes(onnx.load(str(out / "model.onnx")).graph)}
                self.assertFalse({"MatMulIntegerToFloat", "QuantizeLinear", "If"} & kinds, kinds)
                old, new = (tomllib.loads((place / "model.toml").read_text()) for place in (model, out))
                self.assertEqual(new["padding_multiple"], cards.PADDING)
                self.assertEqual(new["heads"], old["heads"])
                for file in new["files"]:
                    self.assertEqual(hashlib.sha256((out / file["name"]).read_bytes()).hexdigest(), file["sha256"])


if __name__ == "__main__":
    unittest.main()
