"""What the card says of each head's data: source, terms, and what is known to be wrong with it.

Also what was tried for the goals, and what would move those that are missed. Guarantees: every head and every file of the catalogue
is spoken of; nothing here is a measurement of a run: the card takes figures from evaluations. Does not: hold any text of a post.
"""
# File: (source, terms).
TERMS = {
    "goemotions": ("GoEmotions, English Reddit comments", "CC BY 4.0"),
    "semeval_ec": ("SemEval-2018 task 1 E-c, English tweets", "research use"),
    "senwave_covid": ("SenWave, English COVID-19 tweets", "non-commercial research use"),
    "emotion_intensity": ("SemEval-2018 task 1 EI-reg, English tweets", "research use"),
    "valence": ("SemEval-2018 task 1 V-reg, English tweets", "research use"),
    "emoevent": ("EmoEvent, English and Spanish tweets", "research use"),
    "sentiment": ("SemEval-2017 task 4A, English tweets", "research use"),
    "offensive": ("TweetEval offensive (OLID), English tweets", "research use"),
    "hate": ("TweetEval hate (HatEval), English tweets", "research use"),
    "stress": ("Dreaddit, English Reddit posts", "research use"),
    "depression": ("Depression Reddit (DR), English Reddit posts", "research use"),
    "suicide_vs_depression": ("SDCNL, English Reddit posts of two communities", "research use"),
    "subreddit27": ("27 English Reddit communities (rmhd27)", "Apache-2.0 package"),
    "mh_risk_rally": ("Reddit rows of the RallyPoint risk package", "Apache-2.0 package"),
    "stress_cause": ("SAD, short English statements of stressors", "research use"),
    "irf": ("IRF, English Reddit posts", "research use"),
    "multiwd": ("MultiWD, English Reddit posts", "research use"),
    "stance": ("SemEval-2016 task 6, P-Stance and COVID-19 stance, English tweets", "research use"),
    "agreement": ("SubReddit agreement, English Reddit replies on two COVID-19 communities", "research use"),
    "epitome_emotional-reactions": ("EPITOME, English Reddit replies to seekers of support", "research use"),
    "epitome_interpretations": ("EPITOME, English Reddit replies to seekers of support", "research use"),
    "epitome_explorations": ("EPITOME, English Reddit replies to seekers of support", "research use"),
    "empathic_reactions": ("Empathic Reactions (WASSA 2022), English essays on news", "CC BY 4.0"),
}

# Marker: files beside its own that its weights have seen as labels.
ALSO = {
    "emotion.affect11": ["senwave_covid", "emoevent"],
    "mh.depression": ["subreddit27", "mh_risk_rally"],
    "mh.suicide_selfharm": ["subreddit27", "mh_risk_rally"],
    "mh.anxiety": ["mh_risk_rally"],
    "mh.ptsd": ["mh_risk_rally"],
    "loneliness.is_lonely": ["mh_risk_rally"],
}

# What was tried, in its order: {name: what was done}. The card takes the figures of each from evaluation-NAME.json in the work
# folder, which finish.py writes for the run of a profile; `v1` are the weights that shipped before, measured by the same rule.
ATTEMPTS = {
    "v1": "encoder-v1: the first weights, of five heads, in one shorter run; each head learnt from its own file alone.",
    "cpu": "encoder-v2's first run, from the base: 24 heads in one plan, topic and parent read with the text, weak labels of communities "
           "beside a head's own file, and labels borrowed from neighbouring heads, at the catalogue's weights.",
    "last": "its second run, from the weights of the first: more epochs for what was far from its goal, fewer for what had met it, and a "
            "tenth of the weight for weak labels of depression and suicide, since a linear model of either does worse with them than without. "
            "Set out for more steps, it was cut at seven tenths; until 4,150 of 6,949 steps its learning rate was that of the longer plan.",
    "half": "the mean of the weights of both runs: the second one had learnt small sets by heart.",
    "again-deep": "three quarters of the way from the first run's weights to the second's, chosen on tuning rows.",
    "again": "the same with the wide part beside it: one linear model a head of pieces and pairs, as much of it as tuning rows ask for.",
    "teacher-few": "an English teacher alone, in floating point, that learnt from seven files and no weak labels: an encoder of the same size that knows no Spanish but "
                   "what it meets in training, so that it cannot ship.",
    "few": "half of the way from the weights of `again` to those of a third run, in which that teacher answered beside the labels, and the wide part, whose "
           "pieces share what is learnt of their letters where tuning rows ask for it.",
    "teacher": "a second such teacher, of all heads. It answers for all but depression, which tuning rows give to the first.",
    "taught-13": "three quarters of the way from the weights of `again` to those of a third run in which both teachers answered, stress and suicide answered by the first of "
                 "them (for its dev figures, which tuning rows spoke against), and no ordinary post was met; with the wide part. Of the 2,321 tweets of offensive and hate it called 70 % suicidal and 48 % depressive.",
    "taught-deep": "three quarters of the way from the weights of `again` to those of the third run, in which the first teacher answered for depression alone, and ordinary posts "
                   "were a weak no to the heads of distress. Numbers of "
                   "activations that reach far beyond the others stand in columns of their own, so that int8 rounds the others less.",
    "taught": "the same with the wide part beside it, in which those heads meet some ordinary posts too; it ships.",
}

# What would move a number that stays short of its goal, as far as can be told. Judgements, none of them measured.
MOVES = {
    "emotion.goemotions": "More labels of the rare emotions, each post read by several people: on many comments its annotators disagree among themselves.",
    "emotion.affect11": "More labels of trust, surprise and anticipation, which are rare and vague; a larger encoder.",
    "emotion.ekman": "More Spanish tweets with disgust, fear and surprise, and English ones: the rare classes have some dozens of posts each.",
    "emotion.intensity": "A larger encoder; the labels are many and steady.",
    "vad.valence": "More labelled posts: there are 1,180.",
    "sentiment": "Tweets of later years, and a larger encoder.",
    "hostility.offensive": "An encoder that knows English as its teachers do: more of their answers, on more posts.",
    "polarization.stance": "Posts on many more topics: twelve are too few to learn what a stance is apart from its topic. A larger encoder, too.",
    "polarization.agreement": "Replies on other topics than two COVID-19 communities, and more of them.",
    "mh.stress": "More labelled posts: with 300 dev rows, a difference of 0.05 may be chance.",
    "mh.cause": "Several labels a statement, by several readers: causes overlap, and each statement has one. Posts in place of short statements.",
    "mh.depression": "Labels given by people who read the posts. Those of DR come from communities, which a linear model of that file alone tells apart "
                     "better than a head that must also tell depression from other distress: what the goal rewards is in part the community's manner.",
    "mh.suicide_selfharm": "Labels given by clinicians. That a post stands in the one community and not in the other is all that these know, and 105 dev rows are few.",
    "support.emotional_reactions": "More replies of level 2 (120 rows in all).",
    "support.explorations": "More replies of level 1 (87 rows in all).",
    "support.interpretations": "More replies of level 1 (87 rows in all), and the thread above the parent.",
    "mh.irf": "More labelled posts: a few dozen dev rows say little either way.",
    "support.empathic_concern": "The article that the essay answers, which is not given.",
    "support.personal_distress": "The article that the essay answers, which is not given.",
}

WEAK = (
    "Weak labels: nobody read these posts to label them. A post counts as yes for standing in {yes}, as no for standing in another "
    "community of the file, and is left out where communities overlap ({unknown}). What is learnt is in part the manner of those "
    "communities (how long, how formal, whom they address), which is confounded with the condition; scores on other platforms may "
    "follow manner alone. The dev figures share that confound, so they say how well communities are told apart and are an upper bound "
    "for the construct. Shares of yes in the file were set by whoever sampled it: calibrated scores carry that base rate, not a "
    "population's."
)

NOTES = {
    "emotion.goemotions": "Labels are readers' impressions of single comments without their thread. Rare emotions (grief, pride, relief, nervousness) rest on few examples: their F1 on dev is itself uncertain.",
    "emotion.affect11": "Tweets gathered by emotion words and hashtags, so emotional posts are over-represented. SenWave rows teach only the six emotions whose meaning is near (annoyed as anger, anxious as fear), at 0.3 of a row's weight. Spanish EmoEvent rows lend it what their one label says of the eleven (joy yes, so sadness no; what often goes together stays open), at 0.3; there is no Spanish gold to measure it on.",
    "emotion.ekman": "The only head with Spanish gold. Spanish disgust was not recognised at all by the first weights. Calibrated and tuned per language where a language has rows enough.",
    "emotion.intensity": "How strongly an emotion is felt in tweets that were gathered for that emotion: on posts without it the numbers mean little. Best-worst scaling, 0 to 1.",
    "vad.valence": "1,180 tweets for training; reported on -1 to 1 (the file's 0 to 1, spread).",
    "sentiment": "Tweets of 2013 to 2017. Training rows were evened out towards the negative class; calibration restores the natural shares. In one dev row of nine the file has an escape where a character belongs (`\\u2019`): put right for training and for the figures here, and not by the product, since posts that are read from a source have none.",
    "hostility.offensive": "Labels depend on who annotated; profanity among friends and reclaimed words are often called offensive.",
    "hostility.hate": "Hate against women and immigrants only. The published test set differs from dev in kind: expect a large drop (macro-F1 0.42 to 0.56 in the literature).",
    "mh.stress": "The dev set has 300 rows, so its F1 is uncertain by about 0.05.",
    "mh.depression": "Positives come from depression communities and controls from others, so part of what is learnt is likely the community's manner (not measured). Weak rows of 27 communities were added so that posts of other conditions are not called depression; ordinary posts are a weak no, too. Calibration and figures rest on DR alone, where four rows in five are positive: expect scores that are too high elsewhere.",
    "mh.suicide_selfharm": "Yes means a suicide-watch community, no a depression community; weak rows of other communities, and ordinary posts, say no, so that these are answered at all. Not a measure of risk. 105 dev rows: AUC is uncertain by about 0.05.",
    "mh.cause": "Short statements written by crowd workers about a stressor, not posts: the head presumes that there is stress.",
    "mh.irf": "Each post was asked about both needs; a few dozen dev posts. The head presumes a post about distress.",
    "mh.wellness": "About a hundred training posts and some thirteen dev posts: the figures are barely more than a sign of life. Spiritual has eight positives in all and cannot be trusted.",
    "polarization.stance": "Twelve topics were trained on (five of SemEval-2016, three politicians, four COVID-19 measures); P-Stance has no `none`. VAST is held out whole: its figure is what to expect of a new topic. The topic is read as its words say; a stance to a sub-question is often taken for one to the topic, and the denial that a thing exists (\"a hoax\") for favour. No labelled posts in Spanish.",
    "polarization.agreement": "Two COVID-19 communities; replies elsewhere are expected to fare worse. Labels are uncertain where a reply agrees with a part.",
    "support.emotional_reactions": "Level 2 is rare (120 rows in all). Dev replies may answer seekers whose other replies were trained on.",
    "support.interpretations": "Level 1 is rare (87 rows in all). Dev replies may answer seekers whose other replies were trained on.",
    "support.explorations": "Level 1 is rare (87 rows in all). Dev replies may answer seekers whose other replies were trained on.",
    "support.empathic_concern": "Self-reports of the writers of essays on news, 1 to 7; the article is not given. Noisy by nature.",
    "support.personal_distress": "Self-reports of the writers of essays on news, 1 to 7; the article is not given. Noisy by nature.",
}
