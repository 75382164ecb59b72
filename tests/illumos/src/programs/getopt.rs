//! getopt(3C) and getopt_long(3C) as Solaris has them: options end at the first operand.

/// What is wrong with the options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OptionError {
    /// It takes a value and has none.
    NoValue(char),
    /// There is no such option.
    Unknown(char),
}

/// The options of a command: `"i:t"`, and the long names of some of them.
pub(crate) struct Spec {
    pub(crate) short: &'static str,
    pub(crate) long: &'static [(&'static str, char)],
}

/// Options with their values, in order, and operands.
#[derive(Debug, Default)]
pub(crate) struct Parsed<'a> {
    pub(crate) options: Vec<(char, Option<&'a str>)>,
    pub(crate) operands: Vec<&'a str>,
}

impl<'a> Parsed<'a> {
    /// Whether the option was given.
    pub(crate) fn has(&self, option: char) -> bool {
        self.options.iter().any(|(there, _)| *there == option)
    }

    /// The value of the option; the last one counts.
    pub(crate) fn value(&self, option: char) -> Option<&'a str> {
        self.options.iter().rev().find(|(there, _)| *there == option).and_then(|(_, value)| *value)
    }

    /// All values of the option.
    pub(crate) fn values(&self, option: char) -> impl Iterator<Item = &'a str> {
        self.options.iter().filter(move |(there, _)| *there == option).filter_map(|(_, value)| *value)
    }
}

impl Spec {
    fn takes_value(&self, option: char) -> bool {
        self.short.split_once(option).is_some_and(|(_, rest)| rest.starts_with(':'))
    }

    pub(crate) fn parse<'a>(&self, words: &[&'a str]) -> Result<Parsed<'a>, OptionError> {
        let mut parsed = Parsed::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            if word == "--" {
                parsed.operands.extend(words.by_ref());
            } else if let Some(long) = word.strip_prefix("--") {
                let (name, mut value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                let found = self.long.iter().find(|(there, _)| *there == name);
                let (_, option) = *found.ok_or(OptionError::Unknown('?'))?;
                if self.takes_value(option) && value.is_none() {
                    value = Some(words.next().ok_or(OptionError::NoValue(option))?);
                }
                parsed.options.push((option, value));
            } else if word.len() > 1 && word.starts_with('-') {
                let mut rest = &word[1..];
                while let Some(option) = rest.chars().next() {
                    rest = &rest[option.len_utf8()..];
                    if option == ':' || !self.short.contains(option) {
                        return Err(OptionError::Unknown(option));
                    }
                    if self.takes_value(option) {
                        let value = if rest.is_empty() { words.next() } else { Some(rest) };
                        parsed.options.push((option, Some(value.ok_or(OptionError::NoValue(option))?)));
                        break;
                    }
                    parsed.options.push((option, None));
                }
            } else {
                parsed.operands.push(word);
                parsed.operands.extend(words.by_ref());
            }
        }
        Ok(parsed)
    }
}
