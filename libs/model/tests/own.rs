//! A model of one's own: what its maker has becomes a folder that loads as the shipped one does, or is refused with what
//! to do. The model is `training/own.py`'s; its scores can be worked out by hand.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use tidemark_domain::Language;
use tidemark_model::{Input, Model, ModelError, ModelOptions, OwnModel, OwnModelError};

fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own")
}

fn options(threads: usize) -> ModelOptions {
    ModelOptions { threads: NonZeroUsize::new(threads), ..ModelOptions::default() }
}

/// A copy of the maker's folder, to be spoilt.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["model.onnx", "tokenizer.json", "labels.toml"] {
            std::fs::copy(own().join(name), folder.path().join(name)).expect("copied");
        }
        Self(folder)
    }

    fn change(self, name: &str, from: &str, to: &str) -> Self {
        let path = self.0.path().join(name);
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(text.contains(from), "{name} holds no {from}");
        std::fs::write(path, text.replace(from, to)).expect("written");
        self
    }

    fn graph(self, name: &str) -> Self {
        std::fs::copy(own().join("refused").join(name), self.0.path().join("model.onnx")).expect("copied");
        self
    }

    fn refused(&self) -> OwnModelError {
        OwnModel::read(self.0.path(), &options(1)).expect_err("it must be refused")
    }
}

/// The error and its causes.
fn said(error: &OwnModelError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn kept(model: &OwnModel) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in model.files() {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    folder
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn what_a_maker_has_becomes_a_folder_that_loads() {
    let made = OwnModel::read(&own(), &options(1)).expect("a model");
    assert_eq!(made.name(), "rota");
    let markers: Vec<String> = made.heads().iter().flat_map(tidemark_model::Head::markers).collect();
    assert_eq!(markers, ["model.rota.shift", "model.rota.mood.calm", "model.rota.mood.very_tense"]);
    let folder = kept(&made);
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 3);
    let model = Model::load(folder.path(), &options(2)).expect("it loads as any other");
    assert_eq!(Model::hash_in(folder.path()).expect("read").as_deref(), Some(model.hash()));
    assert_eq!(Model::hash_in(&folder.path().join("none")).expect("nothing there"), None);

    let near = |found: f32, wanted: f32| assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
    let posts = ["A nightshift AGAIN", "a walk by the sea", ""].map(|text| Input::new(text, Language::English));
    let scored = model.score(&posts).expect("scored");
    assert_eq!(scored.iter().map(|post| post.tokens).collect::<Vec<_>>(), [3, 5, 0]);
    near(scored[0].heads[0].scores[0], sigmoid(3.5));
    assert_eq!(scored[0].heads[0].labels, [1]);
    near(scored[1].heads[0].scores[0], sigmoid(-1.7));
    assert_eq!(scored[1].heads[0].labels, [0]);
    near(scored[1].heads[1].scores[0], sigmoid(2.5));
    near(scored[2].heads[1].scores[0], sigmoid(0.5));
    // Only one head covers Spanish.
    let spanish = model.score(&[Input::new("otro turno", Language::Spanish)]).expect("scored").remove(0);
    assert_eq!(spanish.heads.iter().map(|answer| answer.head).collect::<Vec<_>>(), [0]);
    near(spanish.heads[0].scores[0], sigmoid(3.5));
}

#[test]
fn long_texts_are_read_in_windows_whatever_the_tokenizer_says_of_cutting() {
    let model = Model::load(kept(&OwnModel::read(&own(), &options(1)).expect("a model")).path(), &options(1));
    let model = model.expect("loaded");
    let text = format!("{} nightshift", "word ".repeat(100));
    let scored = model.score(&[Input::new(&text, Language::English)]).expect("scored").remove(0);
    assert_eq!((scored.tokens, model.token_limit()), (101, 4 * 62));
    // Two windows of 62 and 39 tokens, and the word is in the second.
    let expected = sigmoid(-1.7 + 5.2 * 39.0 / 101.0);
    assert!((scored.heads[0].scores[0] - expected).abs() < 1e-6, "{:?}", scored.heads[0]);
}

#[test]
fn scores_do_not_depend_on_company() {
    let folder = kept(&OwnModel::read(&own(), &options(1)).expect("a model"));
    let model = Model::load(folder.path(), &options(2)).expect("loaded");
    let texts: Vec<String> = (0..60).map(|n| format!("sea {} deadline", "nightshift ".repeat(n % 9))).collect();
    let posts: Vec<Input<'_>> = texts.iter().map(|text| Input::new(text, Language::English)).collect();
    let bits = |scores: &[f32]| scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
    for (post, together) in posts.iter().zip(model.score(&posts).expect("together")) {
        let alone = model.score(std::slice::from_ref(post)).expect("alone").remove(0);
        for (one, other) in alone.heads.iter().zip(&together.heads) {
            assert_eq!(bits(&one.scores), bits(&other.scores));
        }
    }
}

#[test]
fn what_is_missing_or_malformed_is_named() {
    for name in ["model.onnx", "tokenizer.json", "labels.toml"] {
        let copy = Copy::new();
        std::fs::remove_file(copy.0.path().join(name)).expect("removed");
        let error = copy.refused();
        assert!(matches!(&error, OwnModelError::Read { path, .. } if path.ends_with(name)), "{error}");
        assert!(error.to_string().contains("labels.toml"), "it says what belongs there: {error}");
    }
    let unknown = said(&Copy::new().change("labels.toml", "data =", "date =").refused());
    assert!(unknown.contains("labels.toml") && unknown.contains("date"), "{unknown}");
    let error = Copy::new().change("tokenizer.json", "WordLevel", "Wordle").refused();
    assert!(matches!(&error, OwnModelError::Tokenizer { .. }), "{error}");
    let copy = Copy::new();
    std::fs::write(copy.0.path().join("model.onnx"), "no graph").expect("written");
    assert!(matches!(copy.refused(), OwnModelError::Model(ModelError::Session { .. })));
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let end = r#",{"SpecialToken":{"id":"[SEP]","type_id":0}}"#;
    let wrapping = Copy::new().change("tokenizer.json", end, "").refused();
    assert!(matches!(wrapping, OwnModelError::Wrapping { .. }), "{wrapping}");
    let width = Copy::new().change("labels.toml", "two_logits = true\n", "").refused();
    assert!(matches!(width, OwnModelError::Width { expected: 3, found: 4 }), "{width}");
    let vocabulary = Copy::new().change("tokenizer.json", r#""deadline":7"#, r#""deadline":7,"rare":8"#).refused();
    assert!(matches!(vocabulary, OwnModelError::Vocabulary { last: 8, .. }), "{vocabulary}");
    let length = Copy::new().change("labels.toml", "max_tokens = 64", "max_tokens = 65").refused();
    assert!(matches!(length, OwnModelError::Length { max_tokens: 65, .. }), "{length}");
    let inputs = Copy::new().graph("position_ids.onnx").refused();
    assert!(said(&inputs).contains("position_ids"), "{inputs}");
    let noise = Copy::new().graph("noise.onnx").refused();
    assert!(matches!(noise, OwnModelError::Unsteady), "{noise}");
}
