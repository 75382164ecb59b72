//! Where one program is measured once: a network and files of its own, which are gone afterwards.

use std::thread;

use super::network::isolate;

/// Does something in namespaces of its own.
pub(crate) fn alone<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let body = move || {
        isolate(true);
        what()
    };
    thread::spawn(body).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
