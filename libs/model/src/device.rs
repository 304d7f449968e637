//! What the encoder runs on.
//!
//! A card needs ONNX Runtime's build for it (`ORT_DYLIB_PATH` names the library): the one that `make runtime` fetches is
//! for processors.

use ort::ep::{CUDA, ExecutionProviderDispatch, TensorRT};
use serde::{Deserialize, Serialize};

/// What the encoder runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The processor's cores.
    #[default]
    Cpu,
    /// An NVIDIA card.
    Cuda,
    /// An NVIDIA card through TensorRT; what that cannot run, CUDA does.
    Tensorrt,
}

impl Device {
    /// Its name in configurations and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Tensorrt => "tensorrt",
        }
    }

    /// The providers that are asked in this order; the processor takes what they leave.
    pub(crate) fn providers(self) -> impl Iterator<Item = ExecutionProviderDispatch> {
        let tensorrt = (self == Self::Tensorrt).then(|| TensorRT::default().build());
        let cuda = (self != Self::Cpu).then(|| CUDA::default().build());
        tensorrt.into_iter().chain(cuda)
    }

    /// Posts that are to be scored together, where there is no hurry: windows of one length share a batch, and few posts have
    /// few of each.
    #[must_use]
    pub const fn posts(self) -> usize {
        match self {
            Self::Cpu => 1024,
            Self::Cuda | Self::Tensorrt => 8192,
        }
    }

    /// Padded tokens and windows in one batch at most.
    pub(crate) const fn batch(self) -> (usize, usize) {
        match self {
            // Larger batches gain nothing: their activations leave the second-level cache.
            Self::Cpu => (1024, 64),
            // A card is busy only with many products at once.
            Self::Cuda | Self::Tensorrt => (32_768, 1024),
        }
    }
}
