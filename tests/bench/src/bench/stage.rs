//! Where one program is measured once: a network and files of its own, which are gone afterwards.

use std::thread;

use super::network::isolate;

/// Does something in namespaces of its own. What fails is done once more, from nothing, before the whole run fails: a
/// daemon that was late, once in an hour.
pub(crate) fn alone<T: Send + 'static>(what: impl Fn() -> T + Clone + Send + 'static) -> T {
    once(what.clone()).unwrap_or_else(|_| {
        eprintln!("FAILED, and is done once more");
        once(what).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn once<T: Send + 'static>(what: impl Fn() -> T + Send + 'static) -> thread::Result<T> {
    let body = move || {
        isolate(true);
        what()
    };
    thread::spawn(body).join()
}
