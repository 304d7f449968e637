//! Ctrl-C during a long command without a platform: told at once, obeyed where nothing is torn.

use crate::exit::Exit;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// Whether somebody has asked the command to stop.
#[derive(Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for Ctrl-C and SIGTERM from now on. The first is told and remembered; a second one ends the program.
    pub(crate) fn listen() -> Self {
        let stop = Self::default();
        // Where nobody can listen the signal ends the process, which tears no more than a kill does.
        let _ = stop.try_to_listen();
        stop
    }

    fn try_to_listen(&self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        drop(entered);
        let asked = self.0.clone();
        let listening = move || {
            runtime.block_on(async {
                for before in 0_u32.. {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    if before > 0 {
                        std::process::exit(Exit::Stopped as i32);
                    }
                    asked.store(true, Ordering::Relaxed);
                    crate::say("stopping at the next series; Ctrl-C again ends it at once");
                }
            });
        };
        std::thread::Builder::new().name("stop".to_owned()).spawn(listening)?;
        Ok(())
    }

    /// What a loop is told after each of its turns.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;
    use std::ops::ControlFlow;
    use std::sync::atomic::Ordering;

    #[test]
    fn a_loop_goes_on_until_it_is_asked_to_stop() {
        let stop = Stop::default();
        assert_eq!(stop.flow(), ControlFlow::Continue(()));
        stop.0.store(true, Ordering::Relaxed);
        assert_eq!(stop.flow(), ControlFlow::Break(()));
    }
}
