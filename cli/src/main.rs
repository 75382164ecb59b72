//! The program: all of it is the library.

fn main() -> std::process::ExitCode {
    mpath::run_process().into()
}
