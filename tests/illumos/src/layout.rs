//! The layout of libofmt: columns for people, escaped fields for programs (facts §1.7).

/// Rows with a value for every column, and which columns are shown unless asked otherwise.
#[derive(Debug)]
pub(crate) struct Table {
    /// Names and widths; the width includes the gap.
    pub(crate) columns: &'static [(&'static str, usize)],
    /// How many of them are shown by default, from the first.
    pub(crate) default: usize,
    /// The values; an empty one is shown as `--` to people and as nothing to programs.
    pub(crate) rows: Vec<Vec<String>>,
}

/// What is wrong with the fields that were asked for. The display is libofmt's text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayoutError {
    #[error("output fields must be specified in parsable mode")]
    NoFields,
    #[error("output field `all' invalid in parsable mode")]
    All,
    #[error("unknown output field: `{0}'")]
    Unknown(String),
    #[error("no valid output fields")]
    NoneValid,
}

/// What was printed, and the fields that were ignored.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) text: String,
    pub(crate) ignored: Vec<String>,
}

/// Rows per screen where there is no terminal; the header is one of them.
const SCREEN: usize = 24;

impl Table {
    /// Lays the rows out: `fields` is the argument of -o.
    pub(crate) fn lay(&self, fields: Option<&str>, parsable: bool) -> Result<Laid, LayoutError> {
        let mut ignored = Vec::new();
        let chosen: Vec<usize> = match fields {
            None if parsable => return Err(LayoutError::NoFields),
            None => (0..self.default).collect(),
            Some(all) if all.eq_ignore_ascii_case("all") => {
                if parsable {
                    return Err(LayoutError::All);
                }
                (0..self.columns.len()).collect()
            }
            Some(list) => {
                let mut chosen = Vec::new();
                for field in list.split(',') {
                    match self.columns.iter().position(|(name, _)| name.eq_ignore_ascii_case(field)) {
                        Some(index) => chosen.push(index),
                        None if parsable => return Err(LayoutError::Unknown(field.to_owned())),
                        None => ignored.push(field.to_owned()),
                    }
                }
                if chosen.is_empty() {
                    return Err(LayoutError::NoneValid);
                }
                chosen
            }
        };
        let text = if parsable { self.parsable(&chosen) } else { self.human(&chosen) };
        Ok(Laid { text, ignored })
    }

    fn parsable(&self, chosen: &[usize]) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let values = chosen.iter().map(|index| {
                // With one field nothing is escaped.
                if chosen.len() > 1 {
                    row[*index].replace('\\', "\\\\").replace(':', "\\:")
                } else {
                    row[*index].clone()
                }
            });
            text.push_str(&values.collect::<Vec<_>>().join(":"));
            text.push('\n');
        }
        text
    }

    fn human(&self, chosen: &[usize]) -> String {
        let mut text = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            if index % (SCREEN - 1) == 0 {
                let header = chosen.iter().map(|index| (self.columns[*index].0, self.columns[*index].1));
                line(&mut text, header.collect());
            }
            let values = chosen.iter().map(|index| {
                let value = row[*index].as_str();
                (if value.is_empty() { "--" } else { value }, self.columns[*index].1)
            });
            line(&mut text, values.collect());
        }
        text
    }
}

/// A value that fills its width is followed by one space, and what it took too much is saved in the padding of the
/// following ones. The last is not padded.
fn line(text: &mut String, values: Vec<(&str, usize)>) {
    let mut overflow = 0;
    let last = values.len() - 1;
    for (index, (value, width)) in values.into_iter().enumerate() {
        text.push_str(value);
        let length = value.chars().count();
        if index == last {
            break;
        }
        if length + overflow >= width {
            overflow = overflow + length + 1 - width;
            text.push(' ');
        } else {
            text.extend(std::iter::repeat_n(' ', width - overflow - length));
            overflow = 0;
        }
    }
    text.push('\n');
}
