"""Texts that are copies of one another but for a few words: a repost with another address, a cut quotation, a corrected typo.

Reads: texts. Writes: nothing. Guarantees: two texts are near when they share SHARE of the runs of words of the shorter one;
addresses and account names do not count. Texts of fewer runs than LEAST are near to none: short posts agree by chance, and equal
ones are found by data.key. Does not: compare meanings.
"""
import collections
import re

RUN_WORDS, LEAST, SHARE = 5, 4, 0.6
NOISE = re.compile(r"https?://\S+|@\w+")
WORD = re.compile(r"\w+")


def runs(text):
    """The set of runs of RUN_WORDS words of a text."""
    words = WORD.findall(NOISE.sub(" ", text.lower()))
    return {" ".join(words[i:i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1)}


class Index:
    """Texts to stay clear of."""

    def __init__(self, texts):
        self.places, self.sizes = collections.defaultdict(list), []
        for text in texts:
            found = runs(text)
            if len(found) >= LEAST:
                for run in found:
                    self.places[run].append(len(self.sizes))
                self.sizes.append(len(found))

    def has(self, text):
        """Whether a text is near to any of them."""
        found = runs(text)
        if len(found) < LEAST:
            return False
        shared = collections.Counter(i for run in found for i in self.places.get(run, ()))
        return any(n >= SHARE * min(len(found), self.sizes[i]) for i, n in shared.items())
