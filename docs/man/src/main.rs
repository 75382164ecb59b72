//! The manual pages. In: the command line's definition, as `--help` has it, and the documents. Out: a file for each page
//! below a directory, as `man1/…` for programs that look there. `make man` calls it.

mod command;
mod document;
mod markdown;
mod page;
mod references;

use std::fs;
use std::io;
use std::path::Path;

use page::Page;

fn main() -> io::Result<()> {
    write(Path::new(&std::env::args_os().nth(1).unwrap_or_else(|| "target/man".into())))
}

/// Writes all of them below a folder.
fn write(directory: &Path) -> io::Result<()> {
    for page in pages()? {
        let folder = directory.join(format!("man{}", page.section));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(page.file_name()), page.text())?;
    }
    Ok(())
}

/// All of them.
fn pages() -> io::Result<Vec<Page>> {
    let date = date()?;
    let mut pages = command::pages(&date);
    pages.extend(document::pages(&date));
    Ok(pages)
}

/// The day that the pages are of: today, or for builds that can be repeated the one that they say
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
fn date() -> io::Result<String> {
    let time = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => {
            let seconds = seconds.trim().parse().map_err(io::Error::other)?;
            jiff::Timestamp::from_second(seconds).map_err(io::Error::other)?
        }
        Err(_) => jiff::Timestamp::now(),
    };
    Ok(time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

#[cfg(test)]
mod manifest;
#[cfg(test)]
mod tests;
