//! Runs the encoder: batches of windows in, logits out.
//!
//! **Reads** verified weights and windows. **Writes** nothing. **Guarantees** that a graph is given the inputs that it
//! asks for, or refused; and every window the logits it would have alone, where the graph keeps the windows of a batch
//! apart (one that might not has batches of one). **Does not** tokenise or interpret.
//!
//! One session with one thread per worker, and batches dealt out among the workers: posts are short, so splitting one
//! product over threads costs more than it gains, and no order of adding up depends on the number of threads.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::session::SessionInputValue;
use ort::session::builder::{GraphOptimizationLevel, PrepackedWeights, SessionBuilder};
use ort::value::{Outlet, TensorElementType, TensorRef, ValueType};

use crate::batch::Batch;
use crate::{Device, ModelError};

/// What a graph asks for, each [windows, padded length] of int64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    /// The tokens' ids.
    Ids,
    /// 1 where a token is, 0 where padding.
    Mask,
    /// Which of two texts a token belongs to. There is one: 0.
    Types,
}

impl Feed {
    fn of(input: &Outlet) -> Option<Self> {
        let feed = match input.name() {
            "ids" | "input_ids" => Self::Ids,
            "attention_mask" => Self::Mask,
            "token_type_ids" => Self::Types,
            _ => return None,
        };
        matches!(input.dtype(), ValueType::Tensor { ty: TensorElementType::Int64, .. }).then_some(feed)
    }
}

/// Whether ONNX Runtime's products of 8 bits are exact unasked. On x86 without VNNI, neighbours are added up in 16 bits, which cuts
/// large sums off. To ask where there is VNNI makes nothing more exact, and took 1.9 times as long (AVX-512); elsewhere than on
/// x86 it does nothing.
fn has_exact_products() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        // With AVX-512, its kernels go before those of AVX-VNNI.
        has!("avx512vnni") || (has!("avxvnni") && !has!("avx512bw"))
    }
    #[cfg(not(target_arch = "x86_64"))]
    true
}

pub(crate) struct Encoder {
    feeds: Vec<Feed>,
    sessions: Vec<Mutex<Session>>,
    pad: i64,
    width: usize,
}

impl Encoder {
    pub(crate) fn new(
        environment: &Environment,
        (path, weights): (&Path, &[u8]),
        (device, threads): (Device, usize),
        pad: i64,
        width: usize,
    ) -> Result<Self, ModelError> {
        // Sessions share the weights in the layout that the products want: a second worker costs no second copy.
        let shared = PrepackedWeights::new();
        let prepared = || -> ort::Result<SessionBuilder> {
            let builder = Session::builder(environment)?
                .with_prepacked_weights(&shared)?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_intra_threads(1)?
                .with_inter_threads(1)?
                .with_deterministic_compute(true)?;
            Ok(if has_exact_products() { builder } else { builder.with_precise_qmm()? })
        };
        let refused = |source| ModelError::Session { path: path.to_path_buf(), source };
        let open = |_| -> Result<Session, ModelError> {
            // A card that was asked for and is not there is told: a processor in its place would only look slow.
            let providers = device.providers().map(|provider| provider.error_on_failure());
            let mut builder = prepared()
                .map_err(refused)?
                .with_execution_providers(providers.collect::<Vec<_>>())
                .map_err(|refusal| ModelError::Device { device: device.name(), source: refusal.into() })?;
            builder.commit_from_memory(weights).map_err(refused)
        };
        let sessions = (0..threads.max(1)).map(open).collect::<Result<Vec<_>, _>>()?;
        let inputs = sessions.first().map(Session::inputs).unwrap_or_default();
        let feeds = inputs.iter().map(Feed::of).collect::<Option<Vec<_>>>().filter(|feeds| feeds.contains(&Feed::Ids));
        let feeds = feeds.ok_or_else(|| ModelError::Inputs {
            path: path.to_path_buf(),
            found: inputs.iter().map(|input| input.name().to_owned()).collect(),
        })?;
        Ok(Self { feeds, sessions: sessions.into_iter().map(Mutex::new).collect(), pad, width })
    }

    /// Workers.
    pub(crate) fn threads(&self) -> usize {
        self.sessions.len()
    }

    /// Logits per window, in the order of `windows`, each `width` long.
    pub(crate) fn logits(&self, windows: &[&[i64]], batches: &[Batch]) -> Result<Vec<Vec<f32>>, ModelError> {
        let next = AtomicUsize::new(0);
        let work = |session: &Mutex<Session>| -> Result<Vec<(usize, Vec<f32>)>, ModelError> {
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            let mut done = Vec::new();
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.run(&mut session, windows, batch, &mut done)?;
            }
            Ok(done)
        };
        let workers = self.sessions.len().min(batches.len());
        let answers = if workers <= 1 {
            vec![work(&self.sessions[0])?]
        } else {
            std::thread::scope(|scope| {
                let running: Vec<_> =
                    self.sessions[..workers].iter().map(|session| scope.spawn(|| work(session))).collect();
                running
                    .into_iter()
                    .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                    .collect::<Result<Vec<_>, _>>()
            })?
        };
        let mut out = vec![Vec::new(); windows.len()];
        for (window, logits) in answers.into_iter().flatten() {
            out[window] = logits;
        }
        Ok(out)
    }

    fn run(
        &self,
        session: &mut Session,
        windows: &[&[i64]],
        batch: &Batch,
        done: &mut Vec<(usize, Vec<f32>)>,
    ) -> Result<(), ModelError> {
        let count = batch.windows.len();
        let filled: Vec<Vec<i64>> = self.feeds.iter().map(|feed| self.filled(*feed, windows, batch)).collect();
        let infer = |source| ModelError::Infer { source };
        let inputs = filled.iter().map(|values| {
            let tensor = TensorRef::from_array_view(([count, batch.length], &values[..]))?;
            Ok(SessionInputValue::from(tensor))
        });
        let inputs = inputs.collect::<ort::Result<Vec<_>>>().map_err(infer)?;
        let outputs = session.run(&inputs[..]).map_err(infer)?;
        let (_, values) = outputs[0].try_extract_tensor::<f32>().map_err(infer)?;
        if values.len() != count * self.width {
            return Err(ModelError::Shape { expected: count * self.width, found: values.len() });
        }
        done.extend(batch.windows.iter().copied().zip(values.chunks_exact(self.width).map(<[f32]>::to_vec)));
        Ok(())
    }

    /// What a graph is given as one of its inputs.
    fn filled(&self, feed: Feed, windows: &[&[i64]], batch: &Batch) -> Vec<i64> {
        let padding = if feed == Feed::Ids { self.pad } else { 0 };
        let mut values = vec![padding; batch.windows.len() * batch.length];
        for (row, &window) in values.chunks_exact_mut(batch.length).zip(&batch.windows) {
            let row = &mut row[..windows[window].len()];
            match feed {
                Feed::Ids => row.copy_from_slice(windows[window]),
                Feed::Mask => row.fill(1),
                Feed::Types => {}
            }
        }
        values
    }
}
