"""The split rule, what is kept apart from what, and how labels become targets. All texts are made up."""
import math
import unittest

import catalogue
import data
import near
import probes
import statements

DEV_ID, TRAIN_ID = "00000000000a", "000000000001"  # 10 and 1, modulo 10


def row(src, identifier=TRAIN_ID, text="a text", labels="no", **more):
    return {"id": identifier, "text": text, "context": "", "lang": "en", "labels": labels, "src": src, **more}


class Held(unittest.TestCase):
    def test_a_split_decides_before_the_id(self):
        self.assertTrue(data.is_dev(row("goemotions/dev", TRAIN_ID, split="dev")))
        self.assertFalse(data.is_dev(row("goemotions/train", DEV_ID, split="train")))
        self.assertTrue(data.is_dev(row("pstance/val", TRAIN_ID, split="val")))

    def test_the_source_decides_where_it_names_a_split(self):
        for src in ("imhi_DR", "dreaddit", "SAD", "tweeteval_hate", "tweeteval_offensive"):
            self.assertTrue(data.is_dev(row(src + "/val", TRAIN_ID)), src)
            self.assertFalse(data.is_dev(row(src + "/train", DEV_ID)), src)
        self.assertTrue(data.is_dev(row("vast/dev", TRAIN_ID)))

    def test_else_the_id_decides(self):
        for src in ("semeval2017_4A/2016dev", "wassa2022/train", "sdcnl/training", "rmhd27", "imhi_IRF/val", "imhi_MultiWD/val", "epitome", "senwave/train"):
            self.assertTrue(data.is_dev(row(src, DEV_ID)), src)
            self.assertFalse(data.is_dev(row(src, TRAIN_ID)), src)


class Apart(unittest.TestCase):
    def files(self):
        return {
            "stress": [row("dreaddit/val", text="Shared text, one!"), row("dreaddit/train", text="only here")],
            "subreddit27": [row("rmhd27", text="shared TEXT one", labels="ptsd"), row("rmhd27", text="only there", labels="guns")],
            "stress_cause": [row("SAD/train", text=f"made up statement {i}", labels="work") for i in range(300)],
            "sentiment": [row("semeval2017_4A/2016train", text=f"Made up statement... {i}", labels="neutral") for i in range(300)],
        }

    def test_no_text_stands_on_two_sides_in_any_two_files(self):
        keys = {side: set() for side in data.SIDES}
        for assigned in data.assign(self.files()).values():
            for side, r in assigned:
                keys[side].add(data.key(r["text"]))
        self.assertTrue(keys["tune"] and keys["train"] and keys["dev"])
        self.assertFalse(keys["dev"] & (keys["train"] | keys["tune"]))
        self.assertFalse(keys["tune"] & keys["train"])

    def test_a_text_held_out_in_one_file_is_left_out_of_another(self):
        assigned = data.assign(self.files())
        self.assertEqual([r["text"] for _, r in assigned["subreddit27"]], ["only there"])

    def test_near_copies_of_a_held_out_text_are_left_out_of_training(self):
        first = "the ferry was late again and nobody on the pier knew whether it would still come today"
        files = {"stress": [row("dreaddit/val", text=first + " http://a.example/1"), row("dreaddit/train", text="Update: " + first.replace("again", "AGAIN") + " @somebody"),
                            row("dreaddit/train", text="the ferry was on time and everybody was glad to be going home before the evening came")]}
        self.assertEqual([r["text"][:7] for side, r in data.assign(files)["stress"] if side != "dev"], ["the fer"])

    def test_short_texts_are_near_to_none(self):
        self.assertFalse(near.Index(["have a nice day everyone"]).has("have a nice day everyone there"))
        self.assertTrue(near.Index(["one two three four five six seven eight nine"]).has("zero one two three four five six seven eight"))

    def test_texts_without_letters_are_not_all_the_same(self):
        self.assertNotEqual(data.key("😂😂"), data.key("😡"))
        self.assertEqual(data.key("Don‚Äôt"), data.key("don't"))

    def test_rows_of_one_text_become_one_example(self):
        assigned = {name: [] for name in catalogue.STREAMS["affect"]["files"]}
        assigned["semeval_ec"] = [("train", row("a", text="one", labels=["joy"])), ("train", row("a", text="one", labels=["anger"]))]
        assigned["emotion_intensity"] = [("train", row("b", text="one", labels={"joy": 0.5})), ("train", row("b", text="one", labels={"fear": 0.25}))]
        made = data.merged("affect", assigned)["train"]
        self.assertEqual(len(made), 2)
        self.assertEqual([x for x in made[0]["targets"]["emotion.intensity"] if x == x], [0.25, 0.5])
        self.assertEqual(set(made[1]["targets"]), {"emotion.affect11"})

    def test_only_its_own_file_measures_a_head(self):
        assigned = {"subreddit27": [("dev", row("rmhd27", text="t", labels="suicidewatch"))], "mh_risk_rally": [("dev", row("rallypoint/train:reddit ptsd", text="u", labels=1))]}
        made = data.merged("communities", assigned)["dev"]
        self.assertEqual([set(e["targets"]) for e in made], [{"mh.ptsd"}])


class Targets(unittest.TestCase):
    def test_every_kind(self):
        self.assertEqual(catalogue.targets("hate", row("h", labels=1)), {"hostility.hate": [1.0]})
        self.assertEqual(catalogue.targets("stance", row("s", labels="none")), {"polarization.stance": [2.0]})
        self.assertEqual(catalogue.targets("epitome_explorations", row("e", labels=2)), {"support.explorations": [2.0]})
        irf = catalogue.targets("irf", row("i", labels={"perceived burdensomeness": "yes"}))["mh.irf"]
        self.assertTrue(math.isnan(irf[0]) and irf[1] == 1.0)
        empathy = catalogue.targets("empathic_reactions", row("w", labels={"empathy": 4.0, "distress": 7.0, "emotion": "joy"}))
        self.assertEqual(empathy, {"support.empathic_concern": [0.5], "support.personal_distress": [1.0]})

    def test_spanish_emotions_say_a_part_of_the_eleven(self):
        made = catalogue.targets("emoevent", row("emoevent_es/train", labels="joy") | {"lang": "es"})
        known = {n: v for n, v in zip(catalogue.AFFECT, made["emotion.affect11"]) if v == v}
        self.assertEqual(known, {"joy": 1.0, "anger": 0.0, "disgust": 0.0, "fear": 0.0, "sadness": 0.0, "pessimism": 0.0})
        self.assertEqual(set(catalogue.targets("emoevent", row("emoevent_es/train", labels="others") | {"lang": "es"})), {"emotion.ekman"})
        self.assertEqual(set(catalogue.targets("emoevent", row("emoevent_en/train", labels="joy"))), {"emotion.ekman"})
        self.assertEqual([catalogue.HEADS[i]["marker"] for i in catalogue.stream_heads("ekman")], ["emotion.affect11", "emotion.ekman"])

    def test_rows_of_rallypoint_itself_teach_nothing(self):
        self.assertEqual(catalogue.targets("mh_risk_rally", row("rallypoint/train:rallypoint Set 1", labels=0)), {})
        self.assertEqual(catalogue.targets("mh_risk_rally", row("rallypoint/train:reddit ptsd", labels=1))["mh.ptsd"], [1.0])

    def test_probes_name_labels_that_there_are(self):
        for sentence in probes.read():
            for marker, value in sentence["labels"].items():
                head = catalogue.BY_MARKER[marker]
                self.assertNotIn(sentence["lang"], head["languages"])
                self.assertEqual(bool(head["pair"]), bool(head["pair"] and sentence[head["pair"]]))
                self.assertTrue(head["kind"] == "regression" or set([value] if isinstance(value, str) else value) <= set(head["labels"]), value)

    def test_every_head_and_file_has_a_statement(self):
        for head in catalogue.HEADS:
            self.assertTrue(head["weak"] or head["marker"] in statements.NOTES, head["marker"])
            self.assertIn(head["file"], catalogue.STREAMS[head["stream"]]["files"])
            self.assertEqual(head["pair"], catalogue.STREAMS[head["stream"]].get("pair"))
        for stream in catalogue.STREAMS.values():
            for file in stream["files"]:
                self.assertIn(file, statements.TERMS)


if __name__ == "__main__":
    unittest.main()
