//! A sign of life while a run takes long, for people at a terminal and nobody else.
//! Knows nothing of what the run does.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Shorter runs say nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// One line on standard error that comes after a while, and is gone when this is dropped.
pub(super) struct Progress {
    thread: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to wait, if somebody looks.
    pub(super) fn start() -> Self {
        let stderr = std::io::stderr();
        let thread = stderr.is_terminal().then(|| {
            let (sender, receiver) = channel();
            let start = Instant::now();
            let run = move || {
                let mut wait = PATIENCE;
                let mut said = false;
                while receiver.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    let seconds = start.elapsed().as_secs();
                    let _ =
                        write!(std::io::stderr(), "\romlint: looking at the files, {seconds} s");
                    (wait, said) = (Duration::from_secs(1), true);
                }
                if said {
                    let _ = write!(std::io::stderr(), "\r\x1b[K");
                }
            };
            (sender, std::thread::spawn(run))
        });
        Progress { thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}
