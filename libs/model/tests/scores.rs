//! The shipped model through the public API: the same scores in any company, those of the training's own code, and
//! errors that say what to do.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;
use tidemark_domain::Language;
use tidemark_model::{HeadKind, Input, Model, ModelError, ModelOptions, PostScores};

#[derive(Deserialize)]
struct Golden {
    language: Language,
    text: String,
    ids: Vec<u32>,
    scores: std::collections::BTreeMap<String, Vec<f32>>,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden.json")).expect("the golden file is JSON")
}

fn options(threads: usize) -> ModelOptions {
    ModelOptions { threads: NonZeroUsize::new(threads), ..ModelOptions::default() }
}

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::load(&Model::default_dir(), &options(2)).expect("the shipped model loads"))
}

fn bits(scores: &PostScores) -> Vec<(usize, Vec<u32>, Vec<usize>)> {
    let exact = |scores: &[f32]| scores.iter().map(|score| score.to_bits()).collect();
    scores.heads.iter().map(|head| (head.head, exact(&head.scores), head.labels.clone())).collect()
}

#[test]
fn scores_are_those_of_the_training_code() {
    let golden = golden();
    let posts: Vec<Input<'_>> = golden.iter().map(|g| Input { text: &g.text, language: g.language }).collect();
    let scored = model().score(&posts).expect("the posts are scored");
    for (expected, found) in golden.iter().zip(&scored) {
        assert_eq!(found.tokens, expected.ids.len().min(model().token_limit()), "{}", expected.text);
        assert_eq!(found.heads.len(), expected.scores.len(), "{}", expected.text);
        for head in &found.heads {
            let marker = &model().heads()[head.head].marker;
            for (score, wanted) in head.scores.iter().zip(&expected.scores[marker]) {
                assert!((score - wanted).abs() < 2e-4, "{marker} of {:?}: {score}, not {wanted}", expected.text);
            }
        }
    }
}

#[test]
fn scores_do_not_depend_on_company_or_order_or_threads() {
    let mut texts: Vec<String> = golden().into_iter().map(|g| g.text).collect();
    for i in 0..90 {
        texts
            .push(format!("Post number {i} {}", "says that the evening was long and the tea was cold ".repeat(i % 12)));
    }
    let posts: Vec<Input<'_>> = texts.iter().map(|text| Input { text, language: Language::English }).collect();
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
fn empty_and_emoji_only_posts_are_scored_and_long_ones_are_bounded() {
    let long = "no puedo más ".repeat(8_000);
    let unbroken = "a".repeat(100_000);
    let texts = ["", " \n\t ", "😀", "🫠🫠🫠", "\u{0}\u{202e}\u{fffd}", &long, &unbroken];
    let posts: Vec<Input<'_>> = texts.iter().map(|text| Input { text, language: Language::English }).collect();
    let scored = model().score(&posts).expect("all are scored");
    for scores in &scored {
        assert!(scores.tokens <= model().token_limit());
        assert_eq!(scores.heads.len(), model().heads().len());
        for head in &scores.heads {
            assert!(head.scores.iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }
    assert_eq!(scored[5].tokens, model().token_limit());
    assert!(model().score(&[]).expect("no posts").is_empty());
}

#[test]
fn a_head_is_absent_where_its_language_is_not_covered() {
    for language in Language::ALL {
        let scored = model().score(&[Input { text: "hola", language }]).expect("scored");
        let expected: Vec<usize> =
            (0..model().heads().len()).filter(|&i| model().heads()[i].covers(language)).collect();
        assert_eq!(scored[0].heads.iter().map(|head| head.head).collect::<Vec<_>>(), expected);
    }
    let spanish: Vec<&str> =
        model().heads().iter().filter(|h| h.covers(Language::Spanish)).map(|h| h.marker.as_str()).collect();
    assert!(!spanish.iter().any(|marker| marker.starts_with("mh.")));
}

#[test]
fn every_answer_has_the_shape_of_its_head() {
    let scored = model().score(&[Input { text: "what a week", language: Language::English }]).expect("scored");
    for answer in &scored[0].heads {
        let head = &model().heads()[answer.head];
        assert_eq!(answer.scores.len(), head.width());
        match head.kind {
            HeadKind::Multilabel => assert!(answer.labels.iter().all(|&label| label < head.labels.len())),
            HeadKind::Multiclass | HeadKind::Binary => assert_eq!(answer.labels.len(), 1),
        }
    }
}

fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["model.toml", "model.onnx", "tokenizer.json"] {
        std::fs::copy(Model::default_dir().join(name), folder.path().join(name)).expect("copied");
    }
    folder
}

fn load_error(folder: &Path) -> ModelError {
    Model::load(folder, &options(1)).expect_err("it must not load")
}

#[test]
fn damaged_missing_and_contradicting_files_are_named() {
    let folder = copied();
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
