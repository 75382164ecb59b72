//! The parseable output of the system's programs.
//!
//! In: lines of fields between colons. Out: their values. The rules are those of `libofmt` (`ofmt_print` in `ofmt.c`):
//! with more than one field, `:` and `\` in a value stand behind a `\`; with one field, nothing is escaped.

use mpath_core::BackendError;

/// The rows of an output with `N` fields.
pub(crate) fn rows<const N: usize>(object: &'static str, text: &str) -> Result<Vec<[String; N]>, BackendError> {
    let row = |line: &str| {
        let fields = if N == 1 { vec![line.to_owned()] } else { fields(line) };
        let nonsense = |_| BackendError::Nonsense { object: object.to_owned(), found: format!("the line {line:?}") };
        fields.try_into().map_err(nonsense)
    };
    text.lines().filter(|line| !line.is_empty()).map(row).collect()
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let last = fields.len() - 1;
        match character {
            '\\' => fields[last].extend(characters.next()),
            ':' => fields.push(String::new()),
            other => fields[last].push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_in_values_are_escaped_where_there_are_several_fields() {
        let rows =
            rows::<4>("addresses", "lo0/v6:static:ok:\\:\\:1/128\nipmp0/v4:static:ok:192.168.1.34/24\n").unwrap();
        assert_eq!(rows[0], ["lo0/v6", "static", "ok", "::1/128"]);
        assert_eq!(rows[1][3], "192.168.1.34/24");
    }

    #[test]
    fn nothing_is_escaped_in_a_single_field() {
        assert_eq!(rows::<1>("an address", "::1/128\n").unwrap(), [["::1/128"]]);
        assert_eq!(rows::<1>("a name", "a\\b\n").unwrap(), [["a\\b"]]);
    }

    #[test]
    fn empty_values_are_empty_and_a_cut_line_is_an_error() {
        assert_eq!(rows::<5>("groups", "ipmp0:ipmp0:ok::net0 (wlan0)\n").unwrap()[0][3], "");
        assert!(rows::<5>("groups", "ipmp0:ipm").is_err());
        assert!(rows::<2>("nothing", "").unwrap().is_empty());
    }
}
