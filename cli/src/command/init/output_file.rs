//! The file that is written, and none in its place.

use std::io;
use std::path::Path;

use super::Told;
use crate::ExitCode;
use crate::error::ErrorText;
use crate::trust::{self, NoDirectory};
use crate::whole_file;

/// What stands against a file that is there already.
pub(super) fn is_there(file: &Path) -> Option<ErrorText> {
    file.symlink_metadata().is_ok().then(|| there_already(file))
}

/// Writes a file as a whole, where none is.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Told> {
    if let Some(told) = is_there(file) {
        return Err((ExitCode::Failed, told));
    }
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => Path::new("/"),
    };
    trust::make_directory(folder).map_err(|error| match error {
        NoDirectory::Io(error) => cannot(folder, &error),
        NoDirectory::Distrusted(distrust) => {
            let told = ErrorText { message: distrust.to_string(), causes: vec![], hint: Some(distrust.cure()) };
            (ExitCode::NotPermitted, told)
        }
    })?;
    whole_file::create(folder, file, text).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => (ExitCode::Failed, there_already(file)),
        _ => cannot(file, &error),
    })
}

fn there_already(file: &Path) -> ErrorText {
    let message = format!("{} is there already, and is not overwritten", file.display());
    let hint = "give the new group another name by --name, or the file by --output; --dry-run only prints";
    ErrorText { message, causes: vec![], hint: Some(hint.to_owned()) }
}

fn cannot(path: &Path, error: &io::Error) -> Told {
    let denied = matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
    let hint = denied.then(|| "run it as root, or write elsewhere by --output; --dry-run only prints".to_owned());
    let message = format!("cannot write {}", path.display());
    let code = if denied { ExitCode::NotPermitted } else { ExitCode::Failed };
    (code, ErrorText { message, causes: vec![error.to_string()], hint })
}
