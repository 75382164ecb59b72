//! The rtnetlink socket, for callers that know nothing of async.
//!
//! In: messages. Out: the kernel's answers. A runtime of one thread is hidden in here, and only in here.
//!
//! Quirks:
//! - The kernel's own words of refusal come only to a socket with NETLINK_EXT_ACK, and their place in the answer is
//!   plain only with NETLINK_CAP_ACK, which leaves the request out of it (`netlink_ack`).
//! - netlink-proto drops an answer that it cannot decode, and then never ends the request; hence a time limit.
//! - A dump that a change fell into is marked (NLM_F_DUMP_INTR) and must be asked for again.

use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use mpath_core::BackendError;
use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressScope};
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use netlink_packet_route::route::RouteMessage;
use netlink_proto::ConnectionHandle;
use netlink_proto::sys::protocols::NETLINK_ROUTE;
use netlink_proto::sys::{AsyncSocket as _, SocketAddr};
use rtnetlink::{Handle, MulticastGroup};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, timeout, timeout_at};

use crate::lenient::Lenient;
use crate::observe::Dumps;

/// How long an answer may take. RTNL is held for seconds at worst, as when a driver loads firmware.
const LIMIT: Duration = Duration::from_secs(30);
/// How often a dump that a change fell into is asked for again.
const TRIES: usize = 8;
/// `NLM_F_DUMP_INTR`.
const NLM_F_DUMP_INTR: u16 = 0x10;
/// The length of `struct nlmsghdr`, which comes before the attributes of an answer.
const HEADER: usize = 16;
/// `NLMSGERR_ATTR_MSG`.
const ERROR_TEXT: u16 = 1;

/// A socket and the runtime that serves it.
pub(crate) struct Client {
    runtime: Runtime,
    handle: ConnectionHandle<Lenient>,
}

/// The kernel's no.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The error number.
    pub(crate) errno: i32,
    /// The kernel's words.
    pub(crate) text: Option<String>,
}

/// Why there is no good answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Refusal),
    Io(io::Error),
}

impl Client {
    pub(crate) fn new() -> Result<Self, BackendError> {
        let open = || -> io::Result<Self> {
            let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
            let handle = {
                let _inside = runtime.enter();
                let (mut connection, handle, _unasked) = netlink_proto::new_connection::<Lenient>(NETLINK_ROUTE)?;
                let socket = connection.socket_mut().socket_mut();
                socket.set_netlink_get_strict_chk(true)?;
                socket.set_ext_ack(true)?;
                socket.set_cap_ack(true)?;
                runtime.spawn(connection);
                handle
            };
            Ok(Self { runtime, handle })
        };
        open().map_err(|source| BackendError::Io { action: "open", object: "the rtnetlink socket".to_owned(), source })
    }

    /// Sends one message and waits for the kernel's yes or no.
    pub(crate) fn execute(&self, message: NetlinkMessage<RouteNetlinkMessage>) -> Result<(), Failure> {
        self.ask(message).map(drop)
    }

    /// The number of an interface by its name, as it is now.
    pub(crate) fn index(&self, name: &str) -> Result<u32, Failure> {
        let mut link = LinkMessage::default();
        link.attributes.push(LinkAttribute::IfName(name.to_owned()));
        let answers = self.ask(request(RouteNetlinkMessage::GetLink(link), NLM_F_REQUEST))?;
        let index = answers.into_iter().find_map(|answer| match answer {
            RouteNetlinkMessage::NewLink(link) => Some(link.header.index),
            _ => None,
        });
        index.ok_or_else(|| Failure::Io(io::Error::from(io::ErrorKind::InvalidData)))
    }

    /// All links, addresses and routes.
    pub(crate) fn dump(&self) -> Result<Dumps, Failure> {
        self.dumps_of([
            links(),
            RouteNetlinkMessage::GetAddress(AddressMessage::default()),
            RouteNetlinkMessage::GetRoute(RouteMessage::default()),
        ])
    }

    /// All links, and nothing else.
    pub(crate) fn dump_links(&self) -> Result<Dumps, Failure> {
        self.dumps_of([links()])
    }

    fn dumps_of<const N: usize>(&self, questions: [RouteNetlinkMessage; N]) -> Result<Dumps, Failure> {
        let mut dumps = Dumps::default();
        for question in questions {
            for answer in self.dump_of(question)? {
                dumps.take(answer);
            }
        }
        Ok(dumps)
    }

    fn dump_of(&self, question: RouteNetlinkMessage) -> Result<Vec<RouteNetlinkMessage>, Failure> {
        for _ in 0..TRIES {
            match self.ask(request(question.clone(), NLM_F_REQUEST | NLM_F_DUMP)) {
                Err(Failure::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
        Err(Failure::Io(io::Error::other("the network never stood still for a moment")))
    }

    fn ask(&self, message: NetlinkMessage<RouteNetlinkMessage>) -> Result<Vec<RouteNetlinkMessage>, Failure> {
        let NetlinkPayload::InnerMessage(inner) = message.payload else { return Ok(vec![]) };
        let message = NetlinkMessage::new(message.header, NetlinkPayload::InnerMessage(Lenient(inner)));
        let (handle, runtime) = (self.handle.clone(), &self.runtime);
        runtime.block_on(async {
            let mut answers = handle
                .request(message, SocketAddr::new(0, 0))
                .map_err(|_| Failure::Io(io::ErrorKind::BrokenPipe.into()))?;
            let mut gathered = Vec::new();
            let mut torn = false;
            loop {
                match timeout(LIMIT, answers.next()).await {
                    Err(_) => return Err(Failure::Io(io::Error::from(io::ErrorKind::TimedOut))),
                    Ok(None) if torn => return Err(Failure::Io(io::Error::from(io::ErrorKind::Interrupted))),
                    Ok(None) => return Ok(gathered),
                    Ok(Some(answer)) => {
                        torn |= answer.header.flags & NLM_F_DUMP_INTR != 0;
                        gathered.extend(checked(answer.payload)?);
                    }
                }
            }
        })
    }

    /// Listens for addresses of one interface from now on.
    pub(crate) fn listen(&self, index: u32, v6: bool) -> Result<Listener<'_>, BackendError> {
        let group = if v6 { MulticastGroup::Ipv6Ifaddr } else { MulticastGroup::Ipv4Ifaddr };
        let _inside = self.runtime.enter();
        let (connection, handle, events) = rtnetlink::new_multicast_connection(&[group]).map_err(|source| {
            BackendError::Io { action: "listen on", object: "the rtnetlink socket".to_owned(), source }
        })?;
        let task = self.runtime.spawn(connection);
        Ok(Listener { client: self, index, events: events.boxed(), task, _handle: handle })
    }
}

/// Events about the addresses of one interface.
pub(crate) struct Listener<'a> {
    client: &'a Client,
    index: u32,
    events: futures_util::stream::BoxStream<'static, (NetlinkMessage<RouteNetlinkMessage>, rtnetlink::sys::SocketAddr)>,
    task: tokio::task::JoinHandle<()>,
    _handle: Handle,
}

impl Listener<'_> {
    /// Waits until an address that is good for more than its own link comes, or the time is up; tells which.
    pub(crate) fn lease(&mut self, limit: Duration) -> bool {
        self.wait(limit, |address| address.header.scope == AddressScope::Universe)
    }

    /// Waits until an address of the link is known to be nobody else's (RFC 4862, 5.4), or the time is up; tells which.
    pub(crate) fn settled_link_local(&mut self, limit: Duration) -> bool {
        self.wait(limit, is_settled_link_local)
    }

    fn wait(&mut self, limit: Duration, is_it: impl Fn(&AddressMessage) -> bool) -> bool {
        let (index, events) = (self.index, &mut self.events);
        self.client.runtime.block_on(async {
            let end = Instant::now() + limit;
            while let Ok(Some((message, _))) = timeout_at(end, events.next()).await {
                let NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewAddress(address)) = message.payload else {
                    continue;
                };
                if address.header.index == index && is_it(&address) {
                    return true;
                }
            }
            false
        })
    }
}

/// Whether it is an address of the link that may be used.
pub(crate) fn is_settled_link_local(address: &AddressMessage) -> bool {
    let flags = address.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Flags(flags) => Some(*flags),
        _ => None,
    });
    let waits = flags.is_some_and(|flags| flags.intersects(AddressFlags::Tentative | AddressFlags::Dadfailed));
    address.header.scope == AddressScope::Link && !waits
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The question for all links.
fn links() -> RouteNetlinkMessage {
    let mut link = LinkMessage::default();
    // Statistics are most of the bytes, and nobody here reads them.
    link.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    RouteNetlinkMessage::GetLink(link)
}

fn request(message: RouteNetlinkMessage, flags: u16) -> NetlinkMessage<RouteNetlinkMessage> {
    let mut header = NetlinkHeader::default();
    header.flags = flags;
    NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message))
}

pub(crate) fn checked(payload: NetlinkPayload<Lenient>) -> Result<Option<RouteNetlinkMessage>, Failure> {
    match payload {
        NetlinkPayload::InnerMessage(Lenient(message)) => Ok(Some(message)),
        NetlinkPayload::Error(error) => match error.code {
            None => Ok(None),
            Some(code) => {
                Err(Failure::Refused(Refusal { errno: code.get().saturating_neg(), text: text_of(&error.header) }))
            }
        },
        // A dump that fails on its way ends with the error number in place of 0 (netlink_dump_done).
        NetlinkPayload::Done(done) if done.code < 0 => {
            Err(Failure::Refused(Refusal { errno: done.code.saturating_neg(), text: None }))
        }
        _ => Ok(None),
    }
}

/// The kernel's words in an answer: after the header of the request come attributes, one of them a text with a NUL.
fn text_of(answer: &[u8]) -> Option<String> {
    let mut rest = answer.get(HEADER..)?;
    while let [a, b, c, d, ..] = *rest {
        let length = usize::from(u16::from_ne_bytes([a, b]));
        let kind = u16::from_ne_bytes([c, d]);
        let value = rest.get(4..length)?;
        if kind == ERROR_TEXT {
            let text = value.split(|byte| *byte == 0).next()?;
            return Some(String::from_utf8_lossy(text).into_owned());
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests;
