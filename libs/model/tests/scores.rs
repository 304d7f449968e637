//! The shipped model through the public API: the same scores in any company, those of the training's own code, and
//! errors that say what to do.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;
use tidemark_domain::Language;
use tidemark_model::{Device, HeadKind, Input, Model, ModelError, ModelOptions, Pair, PostScores};

#[derive(Deserialize)]
struct Golden {
    language: Language,
    text: String,
    #[serde(default)]
    topic: Option<String>,
    #[serde(default)]
    parent: Option<String>,
    ids: Vec<u32>,
    scores: BTreeMap<String, Vec<f32>>,
    #[serde(default)]
    labels: BTreeMap<String, Vec<usize>>,
}

fn golden_at(path: &str) -> Vec<Golden> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path));
    serde_json::from_str(&text.expect("the golden file")).expect("it is JSON")
}

fn golden() -> Vec<Golden> {
    golden_at("golden.json")
}

/// Random weights under heads of every kind; a token is a character.
fn tiny() -> Model {
    Model::load(&tiny_folder(), &options(2)).expect("the tiny model loads")
}

fn tiny_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny")
}

impl Golden {
    fn input(&self) -> Input<'_> {
        Input { topic: self.topic.as_deref(), parent: self.parent.as_deref(), ..Input::new(&self.text, self.language) }
    }
}

fn options(threads: usize) -> ModelOptions {
    // Every text is read anew: memory would make equal what inference has to make equal.
    ModelOptions { threads: NonZeroUsize::new(threads), repeats_bytes: 0, ..ModelOptions::default() }
}

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::load(&Model::default_dir(), &options(2)).expect("the shipped model loads"))
}

fn bits(scores: &PostScores) -> Vec<(usize, Vec<u32>, Vec<usize>)> {
    let exact = |scores: &[f32]| scores.iter().map(|score| score.to_bits()).collect();
    scores.heads.iter().map(|head| (head.head, exact(&head.scores), head.labels.clone())).collect()
}

/// How far answers lie from the golden ones.
struct Distance {
    /// Mean and largest difference of a score, in units of its range.
    mean: f32,
    largest: f32,
    /// The share of answers that choose other labels.
    other_labels: f32,
}

fn distance(model: &Model, golden: &[Golden]) -> Distance {
    let posts: Vec<Input<'_>> = golden.iter().map(Golden::input).collect();
    let scored = model.score(&posts).expect("the posts are scored");
    let (mut off, mut answered, mut other) = (Vec::new(), 0.0, 0.0);
    for (expected, found) in golden.iter().zip(&scored) {
        let asked = Pair::ALL.into_iter().find(|pair| match pair {
            Pair::Topic => expected.topic.is_some(),
            Pair::Parent => expected.parent.is_some(),
        });
        // The file holds the answers of one pass: those that read the context where there is one, else the others.
        let answers: Vec<_> = found.heads.iter().filter(|answer| model.heads()[answer.head].pair == asked).collect();
        assert_eq!(found.tokens, expected.ids.len().min(model.token_limit()), "{}", expected.text);
        assert_eq!(answers.len(), expected.scores.len(), "{}", expected.text);
        for answer in answers {
            let head = &model.heads()[answer.head];
            let [low, high] = head.range.unwrap_or([0.0, 1.0]);
            let wanted = &expected.scores[&head.marker];
            assert_eq!(answer.scores.len(), wanted.len(), "{}", head.marker);
            off.extend(answer.scores.iter().zip(wanted).map(|(score, wanted)| (score - wanted).abs() / (high - low)));
            if let Some(labels) = expected.labels.get(&head.marker) {
                answered += 1.0;
                other += if &answer.labels == labels { 0.0 } else { 1.0 };
            }
        }
    }
    let mean = off.iter().sum::<f32>() / off.len() as f32;
    Distance { mean, largest: off.into_iter().fold(0.0, f32::max), other_labels: other / f32::max(answered, 1.0) }
}

fn assert_golden(model: &Model, golden: &[Golden]) {
    let found = distance(model, golden);
    assert!(found.largest < 2e-4 && found.other_labels == 0.0, "{} {}", found.largest, found.other_labels);
}

#[test]
fn scores_are_those_of_the_training_code() {
    // On a processor of another kind, the last bit of a product can carry an int8 activation over a step, and that moves
    // scores a little: there, they are near. What reads them wrongly is off by more, and fails on the tiny model too.
    let found = distance(model(), &golden());
    assert!(found.mean < 0.01 && found.largest < 0.15 && found.other_labels < 0.1, "{}", found.largest);
}

#[test]
fn heads_of_every_kind_are_read_as_the_training_code_reads_them() {
    let (model, golden) = (tiny(), golden_at("tiny/golden.json"));
    for kind in [HeadKind::Multilabel, HeadKind::Multiclass, HeadKind::Binary, HeadKind::Regression] {
        assert!(model.heads().iter().any(|head| head.kind == kind), "{kind:?}");
    }
    assert!(model.heads().iter().any(|head| !head.per_language.is_empty()));
    assert!(model.heads().iter().any(|head| !head.probed.is_empty()));
    let undecided = golden.iter().flat_map(|row| row.labels.iter().filter(|(_, labels)| labels.is_empty()));
    let undecided: Vec<&str> = undecided.map(|(marker, _)| marker.as_str()).collect();
    assert!(undecided.contains(&"sentiment") && undecided.contains(&"mh.anxiety"), "{undecided:?}");
    assert!(golden.iter().any(|row| row.topic.is_some()) && golden.iter().any(|row| row.parent.is_some()));
    assert_golden(&model, &golden);
}

#[test]
fn scores_do_not_depend_on_company_or_order_or_threads() {
    let mut texts: Vec<String> = golden().into_iter().map(|g| g.text).collect();
    for i in 0..90 {
        texts
            .push(format!("Post number {i} {}", "says that the evening was long and the tea was cold ".repeat(i % 12)));
    }
    let posts: Vec<Input<'_>> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| Input {
            topic: (i % 5 == 1).then_some("cold tea"),
            parent: (i % 4 == 3).then(|| texts[i / 2].as_str()),
            ..Input::new(text, Language::English)
        })
        .collect();
    let together = model().score(&posts).expect("together");
    for (post, expected) in posts.iter().zip(&together) {
        let alone = model().score(std::slice::from_ref(post)).expect("alone");
        assert_eq!(bits(&alone[0]), bits(expected), "{:?}", post.text);
    }
    // A fixed permutation: 7 and the number of posts have no common factor.
    let order: Vec<usize> = (0..posts.len()).map(|i| i * 7 % posts.len()).collect();
    let shuffled: Vec<Input<'_>> = order.iter().map(|&i| posts[i]).collect();
    let tight = ModelOptions { batch_tokens: 200, batch_windows: 3, ..options(1) };
    let other = Model::load(&Model::default_dir(), &tight).expect("a second model beside the first");
    assert_eq!(other.hash(), model().hash());
    for (&i, scores) in order.iter().zip(&other.score(&shuffled).expect("shuffled")) {
        assert_eq!(bits(scores), bits(&together[i]), "{:?}", texts[i]);
    }
}

#[test]
fn a_card_that_is_not_there_is_told_and_no_processor_takes_its_place() {
    for device in [Device::Cuda, Device::Tensorrt] {
        let fault = Model::load(&tiny_folder(), &ModelOptions::on(device)).expect_err("a runtime for processors");
        assert!(matches!(fault, ModelError::Device { .. }), "{fault}");
        assert!(fault.to_string().contains("ORT_DYLIB_PATH"), "{fault}");
    }
}

#[test]
fn a_text_that_comes_again_is_answered_as_it_was() {
    let remembering = ModelOptions { repeats_bytes: 1 << 20, ..options(2) };
    let remembering = Model::load(&tiny_folder(), &remembering).expect("the tiny model loads");
    let post = |text| Input::new(text, Language::English);
    let harbours = Input { topic: Some("harbours"), ..post("one") };
    let spanish = Input::new("one", Language::Spanish);
    let posts = [post("one"), post("two"), post("one"), harbours, spanish, post("two")];
    let anew = tiny().score(&posts).expect("scored");
    for _ in 0..2 {
        assert_eq!(remembering.score(&posts).expect("scored"), anew);
    }
    assert_eq!(remembering.score(&posts[1..4]).expect("scored"), anew[1..4]);
}

#[test]
fn empty_and_emoji_only_posts_are_scored_and_long_ones_are_bounded() {
    let long = "no puedo más ".repeat(8_000);
    let unbroken = "a".repeat(100_000);
    let texts = ["", " \n\t ", "😀", "🫠🫠🫠", "\u{0}\u{202e}\u{fffd}", &long, &unbroken];
    let posts: Vec<Input<'_>> = texts.iter().map(|text| Input::new(text, Language::English)).collect();
    let scored = model().score(&posts).expect("all are scored");
    for scores in &scored {
        assert!(scores.tokens <= model().token_limit());
        assert_eq!(scores.heads.len(), alone(Language::English).len());
        for head in &scores.heads {
            let [low, high] = model().heads()[head.head].range.unwrap_or([0.0, 1.0]);
            assert!(head.scores.iter().all(|score| (low..=high).contains(score)));
        }
    }
    assert_eq!(scored[5].tokens, model().token_limit());
    assert!(model().score(&[]).expect("no posts").is_empty());
}

/// Sentences of our own, in English: what heads that learnt from communities of distress say outside them, and of short posts.
#[test]
fn ordinary_posts_are_not_called_distress_and_short_ones_of_distress_are() {
    const ORDINARY: [&str; 20] = [
        "The train to Boston leaves at nine",
        "Congratulations to the team, what a goal!",
        "I am so grateful for my friends and family",
        "Happy birthday mom, love you so much",
        "Lovely dinner with my wife by the sea",
        "sooooo happy!!!",
        "Does anyone know a good recipe for lentil soup?",
        "New phone arrived today, the camera is great",
        "Watching a film with popcorn and the dog on my lap",
        "The council votes on the new park on Tuesday",
        "This update broke the search bar again, thanks a lot",
        "lol that cat is hilarious",
        "We hiked to the lake and swam until sunset",
        "My sister got the job, so proud of her",
        "Can you send me the link to the slides?",
        "Traffic on the bridge is terrible this morning",
        "That referee was blind, we were robbed",
        "Coffee first, then emails",
        "The museum is free on Sundays",
        "I disagree, the second season was better",
    ];
    let distress: [(&str, &[&str]); 5] = [
        (
            "mh.suicide_selfharm",
            &["I want to kill myself", "I can't go on, I want to die tonight", "thinking about ending my life again"],
        ),
        (
            "mh.depression",
            &[
                "I am so depressed I can't get out of bed",
                "my depression is getting worse",
                "i cry every night and feel hopeless",
            ],
        ),
        (
            "mh.anxiety",
            &[
                "I had another panic attack on the bus",
                "my anxiety is so bad that I can't breathe",
                "too anxious to answer the phone",
            ],
        ),
        ("mh.ptsd", &["flashbacks of the assault every night", "my ptsd nightmares are back since the accident"]),
        (
            "loneliness.is_lonely",
            &["I have no friends and nobody to talk to", "I feel so lonely tonight", "I am so lonely it hurts"],
        ),
    ];
    let holds = |marker: &str, texts: &[&str]| {
        let head = model().heads().iter().position(|head| head.marker == marker).expect("the head ships");
        let yes = model().heads()[head].labels.iter().position(|label| label == "yes").expect("a yes");
        let posts: Vec<Input<'_>> = texts.iter().map(|text| Input::new(text, Language::English)).collect();
        let scored = model().score(&posts).expect("all are scored");
        let answers = scored.iter().flat_map(|post| post.heads.iter().filter(|answer| answer.head == head));
        answers.filter(|answer| answer.labels.contains(&yes)).count()
    };
    for (marker, posts) in distress {
        assert!(
            holds(marker, &ORDINARY) <= 1,
            "{marker}: {} of {} ordinary posts",
            holds(marker, &ORDINARY),
            ORDINARY.len()
        );
        assert_eq!(holds(marker, posts), posts.len(), "{marker}");
    }
}

/// The heads that answer a post without a context.
fn alone(language: Language) -> Vec<usize> {
    let heads = model().heads();
    (0..heads.len()).filter(|&i| heads[i].covers(language) && heads[i].pair.is_none()).collect()
}

#[test]
fn a_head_that_reads_a_context_is_absent_where_none_is_given() {
    let model = tiny();
    let agreement = model.heads().iter().position(|head| head.pair == Some(Pair::Parent)).expect("there is one");
    let post = Input::new("Same here!", Language::English);
    let answered = |post: Input<'_>| {
        let scored = model.score(&[post]).expect("scored").remove(0);
        scored.heads.into_iter().find(|answer| answer.head == agreement).map(|answer| answer.scores[0])
    };
    assert_eq!(answered(post), None);
    assert_eq!(answered(Input { parent: Some(" \n"), ..post }), None);
    assert_eq!(answered(Input { topic: Some("harbours"), ..post }), None);
    assert_eq!(answered(Input { language: Language::Other, parent: Some("We lost the house."), ..post }), None);
    let one = answered(Input { parent: Some("We lost the house and I cannot sleep."), ..post }).expect("answered");
    let other = answered(Input { parent: Some("The soup was lovely."), ..post }).expect("answered");
    assert!((one - other).abs() > 1e-3, "the parent is read: {one}, {other}");
}

#[test]
fn a_context_changes_nothing_for_the_heads_that_do_not_read_it() {
    let model = tiny();
    let post = Input::new("We sat by the river all evening.", Language::English);
    let with = Input { parent: Some("Where have you been?"), topic: Some("rivers"), ..post };
    let (without, with) = (model.score(&[post]).expect("scored"), model.score(&[with]).expect("scored"));
    assert_eq!(without[0].tokens, with[0].tokens);
    let same: Vec<_> = bits(&with[0]).into_iter().filter(|(head, ..)| model.heads()[*head].pair.is_none()).collect();
    assert_eq!(same, bits(&without[0]));
    assert!(with[0].heads.is_sorted_by_key(|answer| answer.head));
}

#[test]
fn a_pair_that_nothing_explains_is_refused() {
    let folder = copied(&tiny_folder());
    let path = folder.path().join("model.toml");
    let text = std::fs::read_to_string(&path).expect("read");
    let refused = |text: String| {
        std::fs::write(&path, text).expect("written");
        load_error(folder.path())
    };
    assert!(matches!(refused(text.replace("parent = 56", "parent = 124")), ModelError::Inconsistent { .. }));
    assert!(matches!(refused(text.replace("_end_end_text", "_end_text")), ModelError::Manifest { .. }));
    let (before, after) = text.split_once("[pair]").expect("it is there");
    let (_, after) = after.split_once("[[files]]").expect("they come next");
    assert!(matches!(refused(format!("{before}[[files]]{after}")), ModelError::Inconsistent { .. }));
}

#[test]
fn a_head_is_absent_where_its_language_is_not_covered() {
    for language in Language::ALL {
        let scored = model().score(&[Input::new("hola", language)]).expect("scored");
        assert_eq!(scored[0].heads.iter().map(|head| head.head).collect::<Vec<_>>(), alone(language));
    }
    let measured: Vec<&str> = model()
        .heads()
        .iter()
        .filter(|head| head.languages.contains(&Language::Spanish))
        .map(|head| head.marker.as_str())
        .collect();
    assert_eq!(measured, ["emotion.ekman"], "the only head with labelled Spanish posts");
}

#[test]
fn every_answer_has_the_shape_of_its_head() {
    let scored = model().score(&[Input::new("what a week", Language::English)]).expect("scored");
    for answer in &scored[0].heads {
        let head = &model().heads()[answer.head];
        assert_eq!(answer.scores.len(), head.width());
        match head.kind {
            HeadKind::Multilabel => assert!(answer.labels.iter().all(|&label| label < head.labels.len())),
            HeadKind::Multiclass | HeadKind::Binary => assert_eq!(answer.labels.len(), 1),
            HeadKind::Regression => assert!(answer.labels.is_empty()),
        }
    }
}

fn copied(model: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["model.toml", "model.onnx", "tokenizer.json"] {
        std::fs::copy(model.join(name), folder.path().join(name)).expect("copied");
    }
    folder
}

fn load_error(folder: &Path) -> ModelError {
    Model::load(folder, &options(1)).expect_err("it must not load")
}

#[test]
fn a_head_that_is_unsure_keeps_its_score_and_decides_nothing() {
    let folder = copied(&tiny_folder());
    let path = folder.path().join("model.toml");
    let text = std::fs::read_to_string(&path).expect("read");
    let with = |marker: &str, line: &str| {
        let (before, after) = text.split_once(&format!("marker = \"{marker}\"\n")).expect("the head is there");
        std::fs::write(&path, format!("{before}marker = \"{marker}\"\n{line}\n{after}")).expect("written");
        Model::load(folder.path(), &options(1))
    };
    let posts = [Input::new("What a week!", Language::English)];
    let sure = tiny().score(&posts).expect("scored");
    for (marker, line) in [("mh.stress", "abstain = [0.0, 1.0]"), ("sentiment", "abstain_below = 1.0")] {
        let model = with(marker, line).expect("it loads");
        let unsure = model.score(&posts).expect("scored");
        for (one, other) in sure[0].heads.iter().zip(&unsure[0].heads) {
            let head = &model.heads()[other.head];
            let abstains = head.marker == marker;
            assert_eq!(one.scores, other.scores, "{}", head.marker);
            assert_eq!((head.abstains(one), head.abstains(other)), (false, abstains), "{}", head.marker);
            assert_eq!(other.labels, if abstains { Vec::new() } else { one.labels.clone() }, "{}", head.marker);
        }
        let refused = with(marker, "abstain = [0.9, 0.1]").expect_err("no such band");
        assert!(matches!(refused, ModelError::Inconsistent { .. }), "{refused}");
    }
}

#[test]
fn damaged_missing_and_contradicting_files_are_named() {
    let folder = copied(&Model::default_dir());
    let weights = folder.path().join("model.onnx");
    let mut bytes = std::fs::read(&weights).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&weights, bytes).expect("written");
    let error = load_error(folder.path());
    assert!(matches!(&error, ModelError::Corrupt { path, .. } if path.ends_with("model.onnx")), "{error}");

    std::fs::remove_file(&weights).expect("removed");
    let error = load_error(folder.path());
    assert!(matches!(&error, ModelError::Read { path, .. } if path.ends_with("model.onnx")), "{error}");
    assert!(error.to_string().contains("TIDEMARK_MODEL_DIR"));

    let manifest = folder.path().join("model.toml");
    let text = std::fs::read_to_string(&manifest).expect("read");
    std::fs::write(&manifest, text.replace("max_tokens = 128", "max_tokens = 2")).expect("written");
    assert!(matches!(load_error(folder.path()), ModelError::Inconsistent { .. }));
    std::fs::write(&manifest, "name = 3").expect("written");
    assert!(matches!(load_error(folder.path()), ModelError::Manifest { .. }));
}
