//! The rtnetlink socket: a question, and the kernel's answers.
//!
//! In: messages. Out: the kernel's answers, one question at a time. It blocks: a kernel that answers at once needs neither
//! threads nor a runtime, and no clock is read for it.
//!
//! Quirks:
//! - The kernel's own words of refusal come only to a socket with NETLINK_EXT_ACK, and their place in the answer is
//!   plain only with NETLINK_CAP_ACK, which leaves the request out of it (`netlink_ack`).
//! - An answer that cannot be decoded is left out; where it is the only one, the question fails.
//! - A dump that a change fell into is marked (NLM_F_DUMP_INTR) and must be asked for again.
//! - A dump comes in portions as large as the buffer that it is received in, up to 32 KiB (`netlink_dump`).

mod listener;
mod portion;

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

use mpath_core::{BackendError, InterfaceName};
use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use netlink_packet_route::route::{RouteAttribute, RouteMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};

use crate::lenient::Lenient;
use crate::observe::Dumps;

pub(crate) use listener::{Listener, is_settled_link_local};
use portion::{HEADER, PORTION, Portion, number_of};
pub(crate) use portion::{is_told, kind_and_flags, messages, receive};

/// How long an answer may take. RTNL is held for seconds at worst, as when a driver loads firmware.
const LIMIT: Duration = Duration::from_secs(30);
/// How often a dump that a change fell into is asked for again.
const TRIES: usize = 8;
/// `NLM_F_MULTI`, `NLM_F_ACK` and `NLM_F_DUMP_INTR`.
const NLM_F_MULTI: u16 = 0x02;
const NLM_F_ACK: u16 = 0x04;
const NLM_F_DUMP_INTR: u16 = 0x10;
/// `NLMSG_ERROR` and `NLMSG_DONE`.
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// `NLMSGERR_ATTR_MSG`.
const ERROR_TEXT: u16 = 1;

/// A socket with what is needed to ask by it.
pub(crate) struct Client {
    socket: Socket,
    /// The number of the last question.
    number: Cell<u32>,
    buffer: RefCell<Vec<u8>>,
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

/// Which interface a question is about.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    Named(InterfaceName),
    Numbered(u32),
}

impl Client {
    pub(crate) fn new() -> Result<Self, BackendError> {
        let open = || -> io::Result<Self> {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind(&SocketAddr::new(0, 0))?;
            socket.set_netlink_get_strict_chk(true)?;
            socket.set_ext_ack(true)?;
            socket.set_cap_ack(true)?;
            set_socket_timeout(&socket, Timeout::Recv, Some(LIMIT))?;
            Ok(Self { socket, number: Cell::new(0), buffer: RefCell::new(Vec::with_capacity(PORTION)) })
        };
        open().map_err(|source| BackendError::Io { action: "open", object: "the rtnetlink socket".to_owned(), source })
    }

    /// Sends one message and waits for the kernel's yes or no.
    pub(crate) fn execute(&self, message: NetlinkMessage<RouteNetlinkMessage>) -> Result<(), Failure> {
        self.ask(message, &mut |_| {})
    }

    /// The number of an interface by its name, as it is now.
    pub(crate) fn index(&self, name: &str) -> Result<u32, Failure> {
        let mut link = LinkMessage::default();
        link.attributes.push(LinkAttribute::IfName(name.to_owned()));
        Ok(self.link_of(link)?.header.index)
    }

    /// One link as it is now; `None` where there is no such.
    pub(crate) fn link(&self, which: &Which) -> Result<Option<LinkMessage>, Failure> {
        let mut link = links();
        match which {
            Which::Named(name) => link.attributes.push(LinkAttribute::IfName(name.to_string())),
            Which::Numbered(index) => link.header.index = *index,
        }
        match self.link_of(link) {
            Err(Failure::Refused(Refusal { errno, .. })) if errno == Errno::NODEV.raw_os_error() => Ok(None),
            link => link.map(Some),
        }
    }

    fn link_of(&self, question: LinkMessage) -> Result<LinkMessage, Failure> {
        let mut found = None;
        self.ask(request(RouteNetlinkMessage::GetLink(question), NLM_F_REQUEST), &mut |answer| {
            if let RouteNetlinkMessage::NewLink(link) = answer {
                found = Some(link);
            }
        })?;
        found.ok_or_else(|| Failure::Io(io::ErrorKind::InvalidData.into()))
    }

    /// All links, addresses and routes.
    pub(crate) fn dump(&self) -> Result<Dumps, Failure> {
        let mut dumps = self.dump_links()?;
        self.dump_into(&mut dumps, &RouteNetlinkMessage::GetAddress(AddressMessage::default()))?;
        self.dump_into(&mut dumps, &RouteNetlinkMessage::GetRoute(RouteMessage::default()))?;
        Ok(dumps)
    }

    /// All links, and nothing else.
    pub(crate) fn dump_links(&self) -> Result<Dumps, Failure> {
        let mut dumps = Dumps::default();
        self.dump_into(&mut dumps, &RouteNetlinkMessage::GetLink(links()))?;
        Ok(dumps)
    }

    /// The addresses and routes of one interface.
    pub(crate) fn dump_of(&self, index: u32, dumps: &mut Dumps) -> Result<(), Failure> {
        let mut address = AddressMessage::default();
        address.header.index = index;
        self.dump_into(dumps, &RouteNetlinkMessage::GetAddress(address))?;
        let mut route = RouteMessage::default();
        route.attributes.push(RouteAttribute::Oif(index));
        self.dump_into(dumps, &RouteNetlinkMessage::GetRoute(route))
    }

    fn dump_into(&self, dumps: &mut Dumps, question: &RouteNetlinkMessage) -> Result<(), Failure> {
        let before = dumps.lengths();
        for _ in 0..TRIES {
            match self.ask(request(question.clone(), NLM_F_REQUEST | NLM_F_DUMP), &mut |answer| dumps.take(answer)) {
                Err(Failure::Io(error)) if error.kind() == io::ErrorKind::Interrupted => dumps.cut(before),
                other => return other,
            }
        }
        Err(Failure::Io(io::Error::other("the network never stood still for a moment")))
    }

    /// Asks, and takes every answer. `Interrupted` where these do not belong together.
    fn ask(
        &self,
        message: NetlinkMessage<RouteNetlinkMessage>,
        take: &mut dyn FnMut(RouteNetlinkMessage),
    ) -> Result<(), Failure> {
        let NetlinkPayload::InnerMessage(inner) = message.payload else { return Ok(()) };
        let mut message = NetlinkMessage::new(message.header, NetlinkPayload::InnerMessage(Lenient(inner)));
        let number = self.number.get().wrapping_add(1);
        self.number.set(number);
        message.header.sequence_number = number;
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send(&bytes, 0).map_err(Failure::Io)?;
        let acknowledged = message.header.flags & NLM_F_ACK != 0;
        let mut buffer = self.buffer.borrow_mut();
        let mut torn = false;
        loop {
            if receive(&self.socket, &mut buffer).map_err(Failure::Io)? == Portion::Cut {
                if message.header.flags & NLM_F_DUMP != NLM_F_DUMP {
                    return Err(Failure::Io(io::ErrorKind::InvalidData.into()));
                }
                // The rest of the dump has to be heard before the next question.
                torn = true;
            }
            for message in messages(&buffer).filter(|message| number_of(message) == Some(number)) {
                let (kind, flags) = kind_and_flags(message);
                torn |= flags & NLM_F_DUMP_INTR != 0;
                if let Ok(message) = NetlinkMessage::<Lenient>::deserialize(message)
                    && let Some(answer) = checked(message.payload)?
                {
                    take(answer);
                }
                let is_last = matches!(kind, ERROR | DONE) || flags & NLM_F_MULTI == 0 && !acknowledged;
                match is_last {
                    true if torn => return Err(Failure::Io(io::ErrorKind::Interrupted.into())),
                    true => return Ok(()),
                    false => {}
                }
            }
        }
    }
}

/// The question for all links.
fn links() -> LinkMessage {
    let mut link = LinkMessage::default();
    // Statistics are most of the bytes, and nobody here reads them.
    link.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    link
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
