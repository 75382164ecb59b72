//! An end to waiting: a host that takes its time must not hold up a person who types.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longer than a look at a host takes, shorter than people wait.
const LIMIT: Duration = Duration::from_secs(1);

/// When the time is up, what was prepared is written, and the process ends.
pub(crate) struct Deadline {
    /// What is written then; `None` as soon as somebody has written the answer.
    prepared: Arc<Mutex<Option<String>>>,
}

impl Deadline {
    /// The time runs from now, and the process ends with it.
    pub(crate) fn start() -> Self {
        Self::of(LIMIT, end_with)
    }

    fn of(limit: Duration, end: impl FnOnce(&str) + Send + 'static) -> Self {
        let prepared = Arc::new(Mutex::new(Some(String::new())));
        let deadline = Self { prepared: prepared.clone() };
        // Where no thread is to be had, the answer comes when it comes.
        let _ = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(limit);
            let mut prepared = prepared.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(text) = prepared.take() {
                end(&text);
            }
        });
        deadline
    }

    /// What is to be written if nothing better comes in time.
    pub(crate) fn prepare(&self, text: String) {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if prepared.is_some() {
            *prepared = Some(text);
        }
    }

    /// Whether there is still time; from then on it does not run any more.
    pub(crate) fn is_met(&self) -> bool {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }
}

/// Writes past standard output's own lock, which whoever still looks at the host holds.
#[expect(clippy::exit, reason = "the thread that would return from `main` is the one that takes too long")]
fn end_with(text: &str) {
    let mut left = text.as_bytes();
    while let Ok(length @ 1..) = rustix::io::write(rustix::stdio::stdout(), left) {
        left = left.get(length..).unwrap_or_default();
    }
    std::process::exit(0)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_was_prepared_is_written_when_the_time_is_up() {
        let (written, hear) = mpsc::channel();
        let deadline = Deadline::of(Duration::from_millis(10), move |text| written.send(text.to_owned()).unwrap());
        deadline.prepare("eth1\n".to_owned());
        assert_eq!(hear.recv().unwrap(), "eth1\n");
        assert!(!deadline.is_met());
    }

    #[test]
    fn an_answer_in_time_is_the_only_one() {
        let (written, hear) = mpsc::channel();
        let deadline =
            Deadline::of(Duration::from_millis(10), move |text: &str| written.send(text.to_owned()).unwrap());
        assert!(deadline.is_met());
        // The thread drops its end unused.
        assert!(hear.recv().is_err());
    }
}
