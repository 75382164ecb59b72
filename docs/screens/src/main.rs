//! What a terminal showed, as a picture: text with escape sequences in, SVG out. `docs/screens/make` calls it.

use std::io::{self, Read as _, Write as _};

fn main() -> io::Result<()> {
    let mut shown = String::new();
    io::stdin().read_to_string(&mut shown)?;
    let picture = anstyle_svg::Term::new().render_svg(&shown);
    io::stdout().write_all(picture.as_bytes())
}
