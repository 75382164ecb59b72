use super::*;

const LONG: Duration = Duration::from_secs(20);

fn shell(script: &str, limit: Duration) -> Result<Ended, BackendError> {
    let arguments = ["-c".to_owned(), script.to_owned()];
    let variables = [("LC_ALL", "C"), ("HOME", "/nowhere")];
    Invocation { path: Path::new("/bin/sh"), arguments: &arguments, variables: &variables, line: "sh".to_owned() }
        .run(limit)
}

#[test]
fn a_program_gets_no_variable_that_is_not_named_and_no_folder_to_keep() {
    let told = shell("/usr/bin/env | /bin/grep -vE '^(PWD|OLDPWD|SHLVL|_)=' | /usr/bin/sort; pwd; cat", LONG).unwrap();
    assert_eq!(told.stdout, "HOME=/nowhere\nLC_ALL=C\n/\n", "{told:?}");
}

#[test]
fn a_failure_keeps_the_command_how_it_ended_and_both_streams() {
    let failure = |script| match shell(script, LONG).unwrap().failure("sh".to_owned()) {
        BackendError::Command { command, how, stdout, stderr } => [command, how, stdout, stderr],
        other => panic!("{other:?}"),
    };
    assert_eq!(failure("echo out; echo err >&2; exit 3"), ["sh", "exited with 3", "out\n", "err\n"]);
    assert_eq!(failure("kill -9 $$")[1], "was ended: signal: 9 (SIGKILL)");
}

#[test]
fn a_program_that_takes_too_long_is_killed() {
    let error = shell("exec sleep 1000", Duration::from_millis(50)).unwrap_err();
    assert!(matches!(&error, BackendError::Command { how, .. } if how == "did not end within 50ms"), "{error:?}");
}

#[test]
fn a_daemon_that_keeps_the_streams_open_is_not_waited_for() {
    assert_eq!(shell("sleep 5 & echo started", LONG).unwrap().stdout, "started\n");
}

#[test]
fn more_output_than_a_pipe_holds_does_not_block() {
    assert_eq!(shell("head -c 300000 /dev/zero", LONG).unwrap().stdout.len(), 300_000);
}

#[test]
fn what_was_written_until_the_time_was_up_is_captured() {
    let arguments = ["-c".to_owned(), "echo heard; exec sleep 1000".to_owned()];
    let listens = Invocation { path: Path::new("/bin/sh"), arguments: &arguments, variables: &[], line: String::new() };
    assert_eq!(listens.capture(Duration::from_millis(500)).unwrap(), b"heard\n");
}

#[test]
fn a_program_that_is_not_there_is_told_with_its_line() {
    let nobody =
        Invocation { path: Path::new("/nowhere/ip"), arguments: &[], variables: &[], line: "ip link".to_owned() };
    let error = nobody.run(LONG).unwrap_err();
    assert!(matches!(&error, BackendError::Io { action: "run", object, .. } if object == "ip link"), "{error:?}");
}
