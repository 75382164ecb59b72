//! The errors of the kernel, and what libipadm makes of them.

/// An errno. The display is strerror's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // they are errno's own names
pub enum Errno {
    #[error("Not owner")]
    Perm,
    #[error("No such file or directory")]
    NoEnt,
    #[error("No such device or address")]
    Nxio,
    #[error("Device busy")]
    Busy,
    #[error("File exists")]
    Exist,
    #[error("Invalid argument")]
    Inval,
    #[error("Operation not supported on transport endpoint")]
    OpNotSupp,
    #[error("Address family not supported by protocol family")]
    AfNoSupport,
    #[error("Address already in use")]
    AddrInUse,
    #[error("Cannot assign requested address")]
    AddrNotAvail,
    #[error("Operation already in progress")]
    Already,
}

/// A status of libipadm. The display is ipadm_status2str's text (facts §1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // they are libipadm's own names
pub enum Status {
    #[error("Operation failed")]
    Failure,
    #[error("Insufficient user authorizations")]
    Eauth,
    #[error("Permission denied")]
    Eperm,
    #[error("Invalid address")]
    BadAddr,
    #[error("Incorrect protocol family for operation")]
    BadProtocol,
    #[error("Already exists")]
    Exists,
    #[error("Interface already exists")]
    IfExists,
    #[error("Address object already exists")]
    AddrobjExists,
    #[error("Addrconf already in progress")]
    AddrconfExists,
    #[error("Interface does not exist")]
    Enxio,
    #[error("IPMP group is not empty")]
    GrpNotEmpty,
    #[error("Invalid argument provided")]
    InvalidArg,
    #[error("Could not open DLPI link")]
    DlpiFailure,
    #[error("Unknown property")]
    PropUnknown,
    #[error("Object not found")]
    NotFound,
    #[error("Interface already in use")]
    IfInuse,
    #[error("Address already in use")]
    AddrInuse,
    #[error("Can't assign requested address")]
    AddrNotavail,
    #[error("Persistent operation on temporary object")]
    TemporaryObj,
    #[error("Operation not supported")]
    Notsup,
    #[error("Operation not supported on disabled object")]
    OpDisableObj,
}

impl From<Errno> for Status {
    /// Facts §1.5, the mapping of libipadm.c:110: anything that is not named is "Operation failed".
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::Inval => Self::InvalidArg,
            Errno::Busy => Self::IfInuse,
            Errno::Exist => Self::Exists,
            Errno::Nxio => Self::Enxio,
            Errno::AddrNotAvail => Self::AddrNotavail,
            Errno::AddrInUse => Self::AddrInuse,
            Errno::NoEnt => Self::NotFound,
            Errno::Perm => Self::Eperm,
            Errno::OpNotSupp => Self::Notsup,
            Errno::AfNoSupport | Errno::Already => Self::Failure,
        }
    }
}
