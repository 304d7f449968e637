"""Windows of posts alone and with a context: what the Rust crate has to do too."""
import unittest

import encode
from encode import BEGIN, END


def ids(count, start=100):
    return list(range(start, start + count))


class Alone(unittest.TestCase):
    def test_short_empty_and_long(self):
        self.assertEqual(encode.windows(ids(3)), [([BEGIN, 100, 101, 102, END], 3)])
        self.assertEqual(encode.windows([]), [([BEGIN, END], 0)])
        made = encode.windows(ids(300))
        self.assertEqual([tokens for _, tokens in made], [126, 126, 48])
        self.assertTrue(all(len(window) <= 128 for window, _ in made))
        self.assertEqual(len(encode.windows(ids(20_000))), encode.MAX_WINDOWS)


class Pairs(unittest.TestCase):
    def test_layout(self):
        self.assertEqual(encode.windows([7, 8], [5, 6], "topic"), [([BEGIN, 5, 6, END, END, 7, 8, END], 2)])
        self.assertEqual(encode.windows([], [5], "parent"), [([BEGIN, 5, END, END, END], 0)])

    def test_a_short_text_leaves_its_place_to_the_context(self):
        (window, tokens), = encode.windows(ids(10, 1000), ids(400), "parent")
        self.assertEqual((len(window), tokens), (128, 10))
        self.assertEqual(window[1:115], ids(114))

    def test_a_long_text_sees_the_budget_in_every_window(self):
        made = encode.windows(ids(150, 1000), ids(400), "parent")
        self.assertEqual([tokens for _, tokens in made], [68, 68, 14])
        for window, _ in made:
            self.assertEqual(window[:59], [BEGIN, *ids(56), END, END])
        self.assertEqual([i for window, _ in made for i in window[59:-1]], ids(150, 1000))

    def test_every_window_fits_whatever_the_lengths(self):
        for pair in encode.BUDGET:
            for text in range(0, 400, 7):
                for context in range(0, 300, 11):
                    made = encode.windows(ids(text, 1000), ids(context), pair)
                    self.assertTrue(all(len(window) <= 128 for window, _ in made))
                    self.assertEqual(sum(tokens for _, tokens in made), text)

    def test_a_training_window_is_one_of_those(self):
        made = encode.windows(ids(150, 1000), ids(400), "parent")
        self.assertEqual(encode.window_at(ids(150, 1000), ids(400), "parent", 128, 68), made[1][0])


if __name__ == "__main__":
    unittest.main()
