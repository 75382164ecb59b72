//! The commands of `up` lines and their like, as far as they are simple: words, with the file that they write to.
//!
//! ifup gives each line to `sh -c`. What a shell could make of it beyond that, pipes and loops among it, is not understood
//! here, and the caller says so.

/// A command with its words, quotes taken away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Simple {
    /// The words.
    pub(crate) words: Vec<String>,
    /// Where its standard output goes, if that is a file.
    pub(crate) to: Option<String>,
}

/// What a line is made of.
#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    To { file: String, standard: bool },
    Operator(&'static str),
}

/// The commands of a line of an interface's stanza, one after the other; `None` where it is more than that.
pub(crate) fn commands(line: &str, interface: &str) -> Option<Vec<Simple>> {
    let (mut commands, mut open) = (Vec::new(), Simple::default());
    // What stands behind `||` counts where a test is before it, and otherwise only if it does nothing.
    let mut only_nothing = false;
    for token in tokens(line, interface)? {
        match token {
            Token::Word(word) => open.words.push(word),
            Token::To { file, standard } if standard && file != "/dev/null" => open.to = Some(file),
            Token::To { .. } => {}
            Token::Operator(operator) => {
                let test = is_test(&open);
                close(&mut open, only_nothing, &mut commands)?;
                only_nothing = operator == "||" && !test;
            }
        }
    }
    close(&mut open, only_nothing, &mut commands)?;
    Some(commands)
}

fn close(open: &mut Simple, only_nothing: bool, commands: &mut Vec<Simple>) -> Option<()> {
    const MORE: [&str; 10] = ["if", "for", "while", "until", "case", "{", "(", "!", "exit", "eval"];
    let command = std::mem::take(open);
    let Some(first) = command.words.first() else { return Some(()) };
    if MORE.contains(&first.as_str()) || (only_nothing && !does_nothing(&command)) {
        return None;
    }
    if !is_test(&command) && !does_nothing(&command) {
        commands.push(command);
    }
    Some(())
}

fn is_test(command: &Simple) -> bool {
    command.words.first().is_some_and(|word| word == "[" || word == "test")
}

fn does_nothing(command: &Simple) -> bool {
    command.words.first().is_some_and(|word| matches!(word.as_str(), "true" | ":" | "/bin/true" | "/usr/bin/true"))
}

/// Takes a line apart (POSIX XCU 2.3); `None` for what is beyond simple commands.
fn tokens(line: &str, interface: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut to: Option<bool> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => end_word(&mut word, &mut to, &mut tokens),
            '\'' => word.get_or_insert_default().extend(chars.by_ref().take_while(|c| *c != '\'')),
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => word.push(chars.next()?),
                        '$' => variable(&mut chars, interface, word)?,
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '$' => variable(&mut chars, interface, word.get_or_insert_default())?,
            '`' | '<' | '(' | ')' => return None,
            '#' if word.is_none() => break,
            '>' => {
                let stream = word.take_if(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()));
                end_word(&mut word, &mut to, &mut tokens);
                let _ = chars.next_if_eq(&'>');
                if chars.next_if_eq(&'&').is_some() {
                    while chars.next_if(|c| c.is_ascii_digit() || *c == '-').is_some() {}
                } else {
                    to = Some(stream.is_none_or(|stream| stream == "1"));
                }
            }
            '&' if chars.peek() == Some(&'>') => {}
            ';' | '&' | '|' => {
                end_word(&mut word, &mut to, &mut tokens);
                let twice = c != ';' && chars.next_if_eq(&c).is_some();
                tokens.push(Token::Operator(match (c, twice) {
                    (';', _) => ";",
                    ('&', true) => "&&",
                    ('|', true) => "||",
                    _ => return None,
                }));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    end_word(&mut word, &mut to, &mut tokens);
    // A redirection to nowhere is no line of a shell.
    to.is_none().then_some(tokens)
}

fn end_word(word: &mut Option<String>, to: &mut Option<bool>, tokens: &mut Vec<Token>) {
    let Some(word) = word.take() else { return };
    tokens.push(match to.take() {
        Some(standard) => Token::To { file: word, standard },
        None => Token::Word(word),
    });
}

/// `$IFACE` is the interface (interfaces(5), "ENVIRONMENT VARIABLES"); what another command writes stays as it stands.
fn variable(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, interface: &str, word: &mut String) -> Option<()> {
    if chars.next_if_eq(&'(').is_some() {
        let inside: String = chars.by_ref().take_while(|c| *c != ')').collect();
        word.push_str(&format!("$({inside})"));
        return Some(());
    }
    let braces = chars.next_if_eq(&'{').is_some();
    let mut name = String::new();
    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
        name.push(c);
    }
    let closed = !braces || chars.next() == Some('}');
    (closed && matches!(name.as_str(), "IFACE" | "LOGICAL")).then(|| word.push_str(interface))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Vec<String>> {
        let shown = |Simple { words, to }: Simple| {
            let to = to.map(|to| format!(" > {to}")).unwrap_or_default();
            words.join("|") + &to
        };
        Some(commands(line, "bond0")?.into_iter().map(shown).collect())
    }

    #[test]
    fn quotes_variables_and_files_are_understood() {
        for (line, expected) in [
            ("ifenslave $IFACE eth1 'eth0'", &["ifenslave|bond0|eth1|eth0"][..]),
            ("echo \"+${IFACE}\" >/sys/x 2>/dev/null || true", &["echo|+bond0 > /sys/x"]),
            ("[ -d /sys/x ] || modprobe bonding; ip link set a\\ b up", &["modprobe|bonding", "ip|link|set|a b|up"]),
            ("test -e x && ip link set x up >/dev/null 2>&1", &["ip|link|set|x|up"]),
            ("ip link set x address \"$(cat /sys/y)\" # so", &["ip|link|set|x|address|$(cat /sys/y)"]),
            ("true", &[]),
        ] {
            assert_eq!(read(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_more_than_simple_is_not_guessed_at() {
        for line in [
            "a | b",
            "a &",
            "for x in 1; do a; done",
            "if a; then b; fi",
            "a || b",
            "a $OTHER",
            "a `b`",
            "a < b",
            "( a )",
            "a >",
            "a \"b",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
