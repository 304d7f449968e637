//! A progress bar on a terminal, and nothing anywhere else.

use crate::files::Input;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shows how far a command is.
#[derive(Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar over the bytes of an input; a spinner where the length is not known.
    pub(crate) fn over(input: &Input) -> (Self, Arc<AtomicU64>) {
        (Self::bytes(input.length), input.position.clone())
    }

    /// A bar over so many bytes.
    pub(crate) fn bytes(length: Option<u64>) -> Self {
        let bar = match length {
            Some(length) => ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr())
                .with_style(style("{bar:32} {percent:>3} %  {msg}  {elapsed} (still {eta})")),
            None => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
                .with_style(style("{spinner}  {msg}  {elapsed}")),
        };
        Self(bar)
    }

    /// A bar over so many steps.
    pub(crate) fn steps(steps: u64) -> Self {
        Self(
            ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr())
                .with_style(style("{bar:32} {pos}/{len}  {msg}  {elapsed} (still {eta})")),
        )
    }

    /// Now at `position`, having done `count` things.
    pub(crate) fn at(&self, position: u64, count: u64, things: &str) {
        self.0.set_position(position);
        self.0.set_message(format!("{count} {things}"));
    }

    /// [`Progress::at`] with a position that another thread counts.
    pub(crate) fn at_shared(&self, position: &AtomicU64, count: u64, things: &str) {
        self.at(position.load(Ordering::Relaxed), count, things);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
