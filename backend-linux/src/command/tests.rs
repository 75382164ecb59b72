use super::*;

fn words(line: &[&str]) -> Vec<String> {
    line.iter().map(|word| (*word).to_owned()).collect()
}

fn run(line: &[&str], limit: Duration) -> Result<Output, BackendError> {
    Program::find(line[0]).unwrap().run(&words(&line[1..]), limit)
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_program_gets_nothing_but_two_variables() {
    let mut lines: Vec<_> = run(&["env"], LONG).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["LC_ALL=C".to_owned(), format!("PATH={PATH}")]);
}

#[test]
fn a_failure_keeps_the_command_with_its_path() {
    let error = run(&["sh", "-c", "echo err >&2; exit 3"], LONG).unwrap_err();
    let BackendError::Command { command, how, stderr, .. } = error else { panic!("{error:?}") };
    assert!(command.ends_with("bin/sh -c echo err >&2; exit 3"), "{command}");
    assert_eq!((how.as_str(), stderr.as_str()), ("exited with 3", "err\n"));
}
