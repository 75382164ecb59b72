//! A drill drawn: time from left to right, a row for the probes and one for each member. As text, and as SVG.

use std::fmt::Write as _;
use std::time::Duration;

use mpath_core::InterfaceName;
use mpath_core::drill::Probe;

/// What is drawn.
pub(crate) struct Timeline<'t> {
    pub(crate) title: String,
    pub(crate) probes: &'t [Probe],
    /// Who carried the traffic, each from a time on.
    pub(crate) active: &'t [(Duration, Option<InterfaceName>)],
    pub(crate) members: Vec<InterfaceName>,
    /// When something happened, and what.
    pub(crate) marks: Vec<(Duration, String)>,
    pub(crate) end: Duration,
}

/// How wide the drawing is in characters.
const COLUMNS: u32 = 60;

impl Timeline<'_> {
    /// The active member at a time.
    fn active_at(&self, time: Duration) -> Option<&InterfaceName> {
        self.active.iter().rfind(|(from, _)| *from <= time).and_then(|(_, active)| active.as_ref())
    }

    /// As lines of text: `!` is an event, `x` a time in which a probe was lost, `.` one without a loss, `#` the active member.
    pub(crate) fn text(&self) -> Vec<String> {
        let step = (self.end / COLUMNS).max(Duration::from_micros(1));
        let columns = || (0..COLUMNS).map(|column| (step * column, step * (column + 1)));
        let events = columns().map(|(from, to)| {
            let here = self.marks.iter().any(|(at, _)| (from..to).contains(at));
            if here { '!' } else { ' ' }
        });
        let probes = columns().map(|(from, to)| {
            let here = || self.probes.iter().filter(|probe| (from..to).contains(&probe.sent));
            match here().next() {
                None => ' ',
                Some(_) if here().any(|probe| probe.answered.is_empty()) => 'x',
                Some(_) => '.',
            }
        });
        let width = self.members.iter().map(|member| member.as_str().len()).max().unwrap_or(0).max(6);
        let row = |name: &str, cells: String| format!("  {name:width$}  {}", cells.trim_end());
        let mut lines = vec![row("events", events.collect()), row("probes", probes.collect())];
        for member in &self.members {
            let cells = columns().map(|(from, _)| if self.active_at(from) == Some(member) { '#' } else { '-' });
            lines.push(row(member.as_str(), cells.collect()));
        }
        lines.push(row("", format!("0 s{:>1$.1} s", self.end.as_secs_f64(), COLUMNS as usize - 5)));
        lines
    }

    /// As a picture.
    pub(crate) fn svg(&self) -> String {
        const LEFT: f64 = 90.0;
        const WIDTH: f64 = 800.0;
        const ROW: f64 = 26.0;
        let whole = self.end.as_secs_f64().max(1e-6);
        let x = |time: Duration| LEFT + WIDTH * (time.as_secs_f64() / whole).min(1.0);
        let rows = self.members.len() as f64 + 1.0;
        let (bottom, height) = (44.0 + rows * ROW, 70.0 + rows * ROW + 14.0 * self.marks.len() as f64);
        let mut svg = String::new();
        let mut line = |text: String| {
            let _ = writeln!(svg, "{text}");
        };
        let text = |x: f64, y: f64, text: &str| format!(r#"<text x="{x:.1}" y="{y:.1}">{}</text>"#, escaped(text));
        line(format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{height}" viewBox="0 0 {0} {height}" font-family="sans-serif" font-size="12">"#,
            LEFT + WIDTH + 20.0
        ));
        line(format!("<title>{}</title>", escaped(&self.title)));
        line(r#"<rect width="100%" height="100%" fill="white"/>"#.to_owned());
        line(text(8.0, 20.0, &self.title));
        line(text(8.0, 44.0 + 17.0, "probes"));
        for probe in self.probes {
            let (color, top) = if probe.answered.is_empty() { ("#c0392b", 0.0) } else { ("#27ae60", 8.0) };
            let at = x(probe.sent);
            line(format!(
                r#"<path d="M{at:.2} {:.1}V{:.1}" stroke="{color}" stroke-width="1"/>"#,
                46.0 + top,
                44.0 + ROW - 4.0
            ));
        }
        for (number, member) in self.members.iter().enumerate() {
            let top = 44.0 + ROW * (number as f64 + 1.0);
            line(text(8.0, top + 17.0, member.as_str()));
            for (place, (from, active)) in self.active.iter().enumerate() {
                let to = self.active.get(place + 1).map_or(self.end, |(to, _)| *to);
                if active.as_ref() == Some(member) {
                    line(format!(
                        r##"<rect x="{:.2}" y="{:.1}" width="{:.2}" height="{:.1}" fill="#2980b9"/>"##,
                        x(*from),
                        top + 4.0,
                        x(to) - x(*from),
                        ROW - 8.0
                    ));
                }
            }
        }
        for (number, (at, what)) in self.marks.iter().enumerate() {
            line(format!(r#"<path d="M{0:.2} 40V{bottom:.1}" stroke="black" stroke-dasharray="3 3"/>"#, x(*at)));
            line(text(x(*at) + 2.0, 38.0, &(number + 1).to_string()));
            let told = format!("{}: {what}, at {:.3} s", number + 1, at.as_secs_f64());
            line(text(8.0, bottom + 16.0 + 14.0 * number as f64, &told));
        }
        line("</svg>".to_owned());
        svg
    }
}

/// Text between tags and in them (XML 1.0, 2.4).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A failover at 300 ms that costs two probes.
    fn drawn<T>(draw: impl FnOnce(&Timeline<'_>) -> T) -> T {
        let probes: Vec<_> = (0..60)
            .map(|number| {
                let sent = ms(number * 10);
                Probe { sent, answered: if matches!(number, 30 | 31) { vec![] } else { vec![sent + ms(1)] } }
            })
            .collect();
        let name = |text: &str| InterfaceName::new(text).unwrap();
        let active = [(ms(0), Some(name("eth1"))), (ms(320), Some(name("eth0")))];
        let marks = vec![(ms(300), "fail <eth1>".to_owned())];
        let members = vec![name("eth1"), name("eth0")];
        draw(&Timeline { title: "a & b".to_owned(), probes: &probes, active: &active, members, marks, end: ms(600) })
    }

    #[test]
    fn a_loss_stands_where_it_was_and_the_active_member_changes_with_it() {
        let lines = drawn(|timeline| timeline.text());
        assert_eq!(lines[0], format!("  events  {}!", " ".repeat(30)));
        assert_eq!(lines[1], format!("  probes  {}xx{}", ".".repeat(30), ".".repeat(28)));
        assert_eq!(lines[2], format!("  eth1    {}{}", "#".repeat(32), "-".repeat(28)));
        assert_eq!(lines[3], format!("  eth0    {}{}", "-".repeat(32), "#".repeat(28)));
        assert!(lines[4].contains("0.6 s"), "{}", lines[4]);
    }

    #[test]
    fn the_picture_has_a_stroke_for_each_probe_and_no_loose_brackets() {
        let svg = drawn(|timeline| timeline.svg());
        assert_eq!((svg.matches("#27ae60").count(), svg.matches("#c0392b").count()), (58, 2));
        assert!(svg.contains("a &amp; b") && svg.contains("fail &lt;eth1&gt;"), "{svg}");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }
}
