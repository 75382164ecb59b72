//! All that a command which runs on waits for, in one queue: changes of the host, signals, keys, and the reader of its
//! output going away. Each has a thread, which sleeps until there is something; all of them end with the process.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use mpath_core::{BackendError, Changes};
use ratatui::crossterm::event;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::agent::Hooked;

/// What there is to react to.
#[derive(Debug)]
pub(crate) enum News {
    /// The host may be another now.
    Changed(Stamp),
    /// Nothing is heard of the host any more.
    Deaf(BackendError),
    /// It is time to end: somebody wants it, or nobody reads any more.
    Stop,
    /// The configuration is to be read again.
    Reload,
    /// A hook has ended.
    Hooked(Hooked),
    /// Somebody did something at the terminal.
    Typed(event::Event),
}

/// When something was heard of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// By the calendar. May jump.
    pub(crate) wall: jiff::Timestamp,
    /// Since some moment before the boot of this system was over (`CLOCK_MONOTONIC`). Only grows.
    pub(crate) monotonic: Duration,
}

impl Stamp {
    pub(crate) fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        let (seconds, nanoseconds) = (u64::try_from(now.tv_sec), u32::try_from(now.tv_nsec));
        let monotonic = Duration::new(seconds.unwrap_or(0), nanoseconds.unwrap_or(0));
        Self { wall: jiff::Timestamp::now(), monotonic }
    }

    /// As people on this machine read it.
    pub(crate) fn local(self) -> impl std::fmt::Display {
        self.wall.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S.%3f")
    }
}

/// The queue.
pub(crate) struct Feed {
    sender: SyncSender<News>,
    news: Receiver<News>,
}

/// How many pieces of news wait at most; whoever brings more waits with them.
const ROOM: usize = 64;

impl Feed {
    /// A queue of the changes of a host.
    pub(crate) fn of(mut changes: Box<dyn Changes>) -> io::Result<Self> {
        let (sender, news) = sync_channel(ROOM);
        let feed = Self { sender, news };
        feed.bring("changes", move |sender| {
            loop {
                let news = match changes.wait() {
                    Ok(()) => News::Changed(Stamp::now()),
                    Err(error) => News::Deaf(error),
                };
                let is_last = matches!(news, News::Deaf(_));
                if sender.send(news).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(feed)
    }

    /// From now on signals that ask for an end do not kill the process, but come to this queue.
    pub(crate) fn stop_by_signals(&self) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        self.bring("signals", move |sender| {
            for _ in signals.forever() {
                if sender.send(News::Stop).is_err() {
                    return;
                }
            }
        })
    }

    /// The same, but for SIGHUP, which asks for another look at the configuration.
    pub(crate) fn serve_signals(&self) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        self.bring("signals", move |sender| {
            for signal in signals.forever() {
                if sender.send(if signal == SIGHUP { News::Reload } else { News::Stop }).is_err() {
                    return;
                }
            }
        })
    }

    /// Where others bring news, too.
    pub(crate) fn sender(&self) -> SyncSender<News> {
        self.sender.clone()
    }

    /// Ends it when the reader of standard output goes away: `head` would wait for the next event otherwise.
    pub(crate) fn stop_with_reader(&self) -> io::Result<()> {
        self.bring("reader", |sender| {
            // Asked for nothing, poll(2) tells of errors and of a hang-up all the same.
            let stdout = io::stdout();
            while poll(&mut [PollFd::new(&stdout, PollFlags::empty())], None) == Err(Errno::INTR) {}
            let _ = sender.send(News::Stop);
        })
    }

    /// Brings keys and resizes of the terminal.
    pub(crate) fn listen_to_terminal(&self) -> io::Result<()> {
        self.bring("terminal", |sender| {
            while let Ok(event) = event::read() {
                if sender.send(News::Typed(event)).is_err() {
                    return;
                }
            }
        })
    }

    fn bring(&self, name: &str, work: impl FnOnce(SyncSender<News>) + Send + 'static) -> io::Result<()> {
        let sender = self.sender.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || work(sender)).map(drop)
    }

    /// Waits for news until then, where an end is given, and takes all that there is. None is: the time is up.
    pub(crate) fn next(&self, until: Option<Instant>) -> Vec<News> {
        let first = match until {
            None => self.news.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(until) => self.news.recv_timeout(until.saturating_duration_since(Instant::now())),
        };
        first.into_iter().chain(self.news.try_iter()).collect()
    }
}
