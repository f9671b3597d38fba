//! How long each stage of a run takes, for people who ask where the time goes.
//! Knows nothing of what the stages do, and no report holds a time.

use std::time::{Duration, Instant};

/// A watch that is pressed at the end of each stage.
#[derive(Clone, Debug)]
pub struct Stages {
    pressed: Instant,
    list: Vec<(&'static str, Duration)>,
}

impl Default for Stages {
    fn default() -> Self {
        Stages { pressed: Instant::now(), list: Vec::new() }
    }
}

impl Stages {
    /// The stage of this name ends here, and another begins.
    pub fn end(&mut self, name: &'static str) {
        let now = Instant::now();
        self.list.push((name, now - self.pressed));
        self.pressed = now;
    }

    /// Something was done before the first stage.
    pub fn begin_with(&mut self, name: &'static str, took: Duration) {
        self.list.insert(0, (name, took));
    }

    /// The stages, in their order.
    pub fn list(&self) -> &[(&'static str, Duration)] {
        &self.list
    }
}
