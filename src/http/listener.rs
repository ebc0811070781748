//! The sockets on which a server accepts connections: those of the settings, or those that systemd opened
//! (socket activation, sd_listen_fds(3)).

use std::{
    fs::{self, Permissions},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    process,
};

use listenfd::ListenFd;
use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::config::ListenAddress;

/// How many connections wait to be accepted: as many as actix-web lets wait.
const BACKLOG: i32 = 1024;
/// The owner and the group connect: who may write to the socket can claim any client address.
const SOCKET_MODE: u32 = 0o660;

/// One listening socket.
pub(crate) enum Listener {
    /// Over TCP.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

/// The open sockets of a server.
pub struct Listeners {
    pub(crate) sockets: Vec<Listener>,
    pub(crate) address: ListenAddress,
    pub(crate) file: Option<SocketFile>,
}

impl Listeners {
    /// Opens the socket at `address`. A Unix socket that a killed server left behind is replaced.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn open(address: &ListenAddress) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(wanted) => {
                let listener = open_tcp(*wanted)?;
                Ok(Self {
                    address: ListenAddress::Tcp(listener.local_addr()?),
                    sockets: vec![Listener::Tcp(listener)],
                    file: None,
                })
            }
            ListenAddress::Unix(path) => {
                let (listener, file) = open_unix(path)?;
                Ok(Self {
                    address: address.clone(),
                    sockets: vec![Listener::Unix(listener)],
                    file: Some(file),
                })
            }
        }
    }

    /// The sockets that systemd opened for this process; `None` without socket activation. To be called
    /// before other threads run: it takes the variables out of the environment.
    ///
    /// # Errors
    /// When one of them is not a stream socket.
    pub fn inherited() -> io::Result<Option<Self>> {
        let mut given = ListenFd::from_env();
        let mut sockets = Vec::new();
        let mut first = None;
        for index in 0..given.len() {
            if let Ok(Some(listener)) = given.take_tcp_listener(index) {
                let address = ListenAddress::Tcp(listener.local_addr()?);
                first.get_or_insert(address);
                sockets.push(Listener::Tcp(listener));
            } else if let Some(listener) = given.take_unix_listener(index)? {
                let path = listener.local_addr()?;
                let path = path.as_pathname().unwrap_or(Path::new("")).to_owned();
                first.get_or_insert(ListenAddress::Unix(path));
                sockets.push(Listener::Unix(listener));
            }
        }
        Ok(first.map(|address| Self {
            sockets,
            address,
            file: None,
        }))
    }
}

/// Every address of the machine (`[::]`) is IPv4 alone where the kernel has no IPv6.
fn open_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    match bind_tcp(address) {
        Err(error)
            if address.is_ipv6()
                && address.ip().is_unspecified()
                && error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) =>
        {
            bind_tcp((Ipv4Addr::UNSPECIFIED, address.port()).into())
        }
        other => other,
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        // Otherwise the system's default decides whether IPv4 is among them.
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Binds under another name and renames, so that the socket is never there with a wider mode.
fn open_unix(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    refuse_if_in_use(path)?;
    let draft = PathBuf::from(format!("{}.{}", path.display(), process::id()));
    let listener = UnixListener::bind(&draft)?;
    let placed = fs::set_permissions(&draft, Permissions::from_mode(SOCKET_MODE))
        .and_then(|()| fs::rename(&draft, path));
    if let Err(error) = placed {
        fs::remove_file(&draft)?;
        return Err(error);
    }
    let metadata = fs::symlink_metadata(path)?;
    let file = SocketFile {
        path: path.to_owned(),
        identity: (metadata.dev(), metadata.ino()),
    };
    Ok((listener, file))
}

/// A file that is no socket is not ours to replace, and neither is the socket of a server that runs.
fn refuse_if_in_use(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("there is a file that is no socket"));
    }
    let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A queue that is full would hold the start up.
    client.set_nonblocking(true)?;
    match client.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "a server listens there already",
        )),
    }
}

/// The file of a Unix socket; removed when it is dropped, unless another server replaced it.
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.identity);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            let path = self.path.display();
            tracing::warn!(%path, cause = %error, "socket file not removed");
        }
    }
}
