//! How mpath ends, as a number for scripts.

/// How mpath ended. The numbers are a promise: `docs/reference/exit-codes.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// It is done, or there was nothing to do.
    Done = 0,
    /// It failed, and the host is as it was before.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration is wrong, or there is none.
    InvalidFile = 3,
    /// Something would change.
    ChangesPending = 4,
    /// It failed, and the host is not as it was before.
    NotUndone = 5,
    /// A group works, but not every member of it does; or `doctor` found nothing worse than a warning.
    Degraded = 6,
    /// A group does not work, or is not there; or `doctor` found an error.
    GroupFailed = 7,
    /// The caller may not do that.
    NotPermitted = 8,
    /// This system cannot do that.
    NotSupported = 9,
    /// There is no group, or no change that waits, of that name.
    NoSuchGroup = 10,
    /// In a drill the traffic stood still for longer than allowed.
    TooLong = 11,
    /// Another mpath is at work, or a change waits to be confirmed.
    Busy = 12,
}

impl ExitCode {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::InvalidFile,
        Self::ChangesPending,
        Self::NotUndone,
        Self::Degraded,
        Self::GroupFailed,
        Self::NotPermitted,
        Self::NotSupported,
        Self::NoSuchGroup,
        Self::TooLong,
        Self::Busy,
    ];

    /// Its number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Failed => "failed, and the host is as it was before",
            Self::Usage => "the command line is wrong",
            Self::InvalidFile => "the configuration is wrong, or there is none",
            Self::ChangesPending => {
                "something would change (`plan --check`, `switch --check`, `fmt --check`), or a group has drifted (`status --check`)"
            }
            Self::NotUndone => "failed, and the host is not as it was before; the text says what is left to do",
            Self::Degraded => {
                "a group is degraded (`status --check`), or the worst that was found is a warning (`doctor`)"
            }
            Self::GroupFailed => {
                "a group has failed or is absent (`status --check`, `wait-online`), or an error was found (`doctor`)"
            }
            Self::NotPermitted => "not permitted",
            Self::NotSupported => "not supported on this system",
            Self::NoSuchGroup => "no such group, or no such change",
            Self::TooLong => "the longest gap was longer than allowed (`drill --max-gap`)",
            Self::Busy => "another mpath is at work, or a change waits to be confirmed",
        }
    }

    /// The one to end with where several groups end differently: the first of this order.
    pub fn or_worse(self, other: Self) -> Self {
        const FROM_WORST: [ExitCode; 9] = [
            ExitCode::NotUndone,
            ExitCode::Failed,
            ExitCode::InvalidFile,
            ExitCode::NotPermitted,
            ExitCode::NotSupported,
            ExitCode::Busy,
            ExitCode::GroupFailed,
            ExitCode::Degraded,
            ExitCode::ChangesPending,
        ];
        FROM_WORST.into_iter().find(|code| *code == self || *code == other).unwrap_or(self)
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}
