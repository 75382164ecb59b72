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
fn a_failure_keeps_the_command_how_it_ended_and_both_streams() {
    let error = run(&["sh", "-c", "echo out; echo err >&2; exit 3"], LONG).unwrap_err();
    let BackendError::Command { command, how, stdout, stderr } = error else { panic!("{error:?}") };
    assert!(command.ends_with("bin/sh -c echo out; echo err >&2; exit 3"), "{command}");
    assert_eq!((how.as_str(), stdout.as_str(), stderr.as_str()), ("exited with 3", "out\n", "err\n"));
}

#[test]
fn a_program_that_takes_too_long_is_ended() {
    let error = run(&["sleep", "1000"], Duration::from_millis(50)).unwrap_err();
    assert!(matches!(&error, BackendError::Command { how, .. } if how == "did not end within 50ms"), "{error:?}");
}

#[test]
fn a_daemon_that_keeps_the_streams_open_is_not_waited_for() {
    assert_eq!(run(&["sh", "-c", "sleep 5 & echo started"], LONG).unwrap(), "started\n");
}

#[test]
fn more_output_than_a_pipe_holds_does_not_block() {
    let output = run(&["sh", "-c", "head -c 300000 /dev/zero"], LONG).unwrap();
    assert_eq!(output.len(), 300_000);
}
