use std::cell::RefCell;

use super::*;

/// Notes each write, with a mark of whose it is.
struct Noted<'n>(char, &'n RefCell<Vec<String>>);

impl Write for Noted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.borrow_mut().push(format!("{}{}", self.0, String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn writes(is_terminal: bool, tell: impl FnOnce(&mut Console<'_>)) -> Vec<String> {
    let notes = RefCell::new(Vec::new());
    let (mut out, mut err) = (Noted('1', &notes), Noted('2', &notes));
    let mut stdout = Stream { writer: &mut out, is_terminal };
    let mut stderr = Stream { writer: &mut err, is_terminal: false };
    let mut console = Console::new(&mut stdout, &mut stderr, true, &Global::default());
    console.gather();
    tell(&mut console);
    console.finish(ExitCode::Done);
    notes.into_inner()
}

#[test]
fn gathered_lines_are_one_write_and_keep_their_place_before_what_is_told_on_the_other_stream() {
    let told = writes(false, |console| {
        console.line("lan: nothing to do");
        console.line("dmz: nothing to do");
        console.warning("mgmt is odd");
        console.line("mgmt: nothing to do");
    });
    let lines = ["1lan: nothing to do\ndmz: nothing to do\n", "2warning: mgmt is odd\n", "1mgmt: nothing to do\n"];
    assert_eq!(told, lines);
    let long = "x".repeat(PORTION);
    assert_eq!(writes(false, |console| console.line(&long)), [format!("1{long}\n")]);
}

#[test]
fn who_looks_on_sees_each_line_come_and_a_group_that_was_changed_is_told_at_once() {
    let two = |console: &mut Console<'_>| ["lan", "dmz"].iter().for_each(|name| console.line(name));
    assert_eq!(writes(true, two), ["1lan\n", "1dmz\n"]);
    let name = GroupName::new("lan").unwrap();
    let changed = GroupReport { steps: vec!["a step".to_owned()], ..GroupReport::new(&name, None) };
    let told = writes(false, |console| {
        console.line("dmz: already as wanted");
        console.group(&changed.changed("up on bond0".to_owned()));
        console.line("mgmt: already as wanted");
    });
    assert_eq!(told, ["1dmz: already as wanted\nlan: up on bond0\n", "1mgmt: already as wanted\n"]);
}
