//! A length of time in whole milliseconds, the unit of every detection interval.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A length of time, 0 to 2,147,483,647 ms (the range of the kernel's `INT_MAX` options); written `100ms`, `1500ms`, `2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Millis(u32);

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MillisError {
    /// It has no number with a unit.
    #[error("a number with a unit is needed, as in \"100ms\", \"2s\" or \"1m\"")]
    Form,
    /// It does not fit.
    #[error("at most {} fit", Millis::MAX)]
    TooLong,
}

impl Millis {
    /// The longest that fits.
    pub const MAX: Self = Self(i32::MAX as u32);

    /// From a number of milliseconds; more than [`Millis::MAX`] becomes that.
    pub const fn new(milliseconds: u32) -> Self {
        if milliseconds > Self::MAX.0 { Self::MAX } else { Self(milliseconds) }
    }

    /// The number of milliseconds.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        Duration::from_millis(u64::from(millis.0))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            whole if whole >= 1000 && whole % 1000 == 0 => write!(f, "{}s", whole / 1000),
            milliseconds => write!(f, "{milliseconds}ms"),
        }
    }
}

impl FromStr for Millis {
    type Err = MillisError;

    fn from_str(text: &str) -> Result<Self, MillisError> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(MillisError::Form)?;
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(MillisError::Form);
        }
        let scale: u64 = match unit.trim_start() {
            "ms" => 1,
            "s" => 1000,
            "m" | "min" => 60_000,
            _ => return Err(MillisError::Form),
        };
        let milliseconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(scale));
        match milliseconds.and_then(|value| u32::try_from(value).ok()) {
            Some(value) if value <= Self::MAX.0 => Ok(Self(value)),
            _ => Err(MillisError::TooLong),
        }
    }
}

impl TryFrom<String> for Millis {
    type Error = MillisError;
    fn try_from(text: String) -> Result<Self, MillisError> {
        text.parse()
    }
}

impl From<Millis> for String {
    fn from(millis: Millis) -> String {
        millis.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_it_is_read() {
        for (text, milliseconds) in
            [("100ms", 100), ("0ms", 0), ("2s", 2000), ("1500ms", 1500), ("1m", 60_000), ("3 s", 3000)]
        {
            let millis: Millis = text.parse().unwrap();
            assert_eq!(millis.get(), milliseconds);
            assert_eq!(millis.to_string().parse(), Ok(millis));
        }
    }

    #[test]
    fn a_time_without_a_unit_is_refused() {
        for text in ["", "100", "ms", "-1ms", "1.5s", "1h", "100 msec"] {
            assert_eq!(text.parse::<Millis>(), Err(MillisError::Form), "{text:?}");
        }
        assert_eq!("2147483648ms".parse::<Millis>(), Err(MillisError::TooLong));
        assert_eq!("99999999999999999999s".parse::<Millis>(), Err(MillisError::TooLong));
    }
}
