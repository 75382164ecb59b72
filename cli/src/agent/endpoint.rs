//! Where the metrics are asked for: a Unix socket, or a port of the loopback interface.

use std::fmt;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tiny_http::{Header, Listener, Method, Response, Server};

use super::Metrics;

/// The type of the text (OpenMetrics 1.0, section \"Overall Structure\").
const TYPE: &str = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Where metrics are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A port that only this host reaches.
    Loopback(SocketAddr),
}

/// A place that is served, until this is dropped.
pub(crate) struct Endpoint(Option<PathBuf>);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORMS: &str = "`unix:/PATH`, or a port of the loopback interface as in `127.0.0.1:9119` or `[::1]:9119`";
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(format!("possible are {FORMS}")) };
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(Self::Loopback(address)),
            Ok(address) => Err(format!("{} is reached from other hosts; possible are {FORMS}", address.ip())),
            Err(_) => Err(format!("possible are {FORMS}")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Loopback(address) => write!(f, "{address}"),
        }
    }
}

impl Endpoint {
    /// Serves from now on, from a thread of its own.
    pub(crate) fn serve(address: &Address, metrics: Arc<Mutex<Metrics>>) -> io::Result<Self> {
        let (listener, path): (Listener, _) = match address {
            Address::Unix(path) => (listen(path)?.into(), Some(path.clone())),
            Address::Loopback(address) => (TcpListener::bind(address)?.into(), None),
        };
        let server = Server::from_listener(listener, None).map_err(io::Error::other)?;
        thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            for request in server.incoming_requests() {
                let path = request.url().split('?').next();
                let answer = match (request.method(), path) {
                    (Method::Get, Some("/metrics" | "/")) => {
                        let text = metrics.lock().unwrap_or_else(PoisonError::into_inner).text();
                        let kind: Option<Header> = TYPE.parse().ok();
                        kind.into_iter().fold(Response::from_string(text), Response::with_header)
                    }
                    (Method::Get, _) => Response::from_string("the metrics are at /metrics\n").with_status_code(404),
                    _ => Response::from_string("only GET is possible\n").with_status_code(405),
                };
                // Whoever asked is gone.
                let _ = request.respond(answer);
            }
        })?;
        Ok(Self(path))
    }
}

/// Listens on a socket in the file system. One that an agent left behind that was killed is taken away.
fn listen(path: &Path) -> io::Result<UnixListener> {
    let is_left_behind = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
        && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if is_left_behind {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    // Everybody may know what `mpath status` tells everybody.
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // It leads nowhere now, and the next agent takes it away all the same.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn only_what_other_hosts_do_not_reach_is_taken() {
        for good in ["unix:/run/mpath/metrics.sock", "127.0.0.1:9119", "127.8.0.1:1", "[::1]:9119"] {
            assert_eq!(good.parse::<Address>().map(|address| address.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "0.0.0.0:9119",
            "[::]:9119",
            "192.168.1.34:9119",
            "[::ffff:127.0.0.1]:1",
            "localhost:1",
            "unix:a",
            "9119",
            "",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
