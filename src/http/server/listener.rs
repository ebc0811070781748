//! The listening sockets of a server: those of the settings, or those that systemd opened (socket
//! activation, sd_listen_fds(3)).

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

/// The number of connections that wait to be accepted, as in actix-web.
const BACKLOG: i32 = 1024;
/// Only the owner and the group may connect, because a client of the socket can claim any client
/// address.
const SOCKET_MODE: u32 = 0o660;

/// One listening socket.
pub(crate) enum Listener {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

/// The listening sockets of a server.
pub struct Listeners {
    pub(crate) sockets: Vec<Listener>,
    pub(crate) address: ListenAddress,
    pub(crate) file: Option<SocketFile>,
}

impl Listeners {
    /// Opens the socket at `address`. A Unix socket that a killed server left behind is replaced.
    ///
    /// # Errors
    /// An error of the operating system if the address is not available.
    pub fn open(address: &ListenAddress) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(requested) => {
                let listener = open_tcp(*requested)?;
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

    /// Returns the sockets that systemd opened for this process, or `None` without socket
    /// activation. Call it before other threads run, because it removes environment variables.
    ///
    /// # Errors
    /// An error if one of them is not a stream socket.
    pub fn inherited() -> io::Result<Option<Self>> {
        let mut descriptors = ListenFd::from_env();
        let mut sockets = Vec::new();
        let mut first = None;
        for index in 0..descriptors.len() {
            if let Ok(Some(listener)) = descriptors.take_tcp_listener(index) {
                let address = ListenAddress::Tcp(listener.local_addr()?);
                first.get_or_insert(address);
                sockets.push(Listener::Tcp(listener));
            } else if let Some(listener) = descriptors.take_unix_listener(index)? {
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

/// Opens a TCP socket. `[::]` means every address of the machine. If the kernel has no IPv6,
/// `0.0.0.0` is used instead.
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
        // Otherwise the default of the system decides whether IPv4 is included.
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Binds under a temporary name and renames the socket. So the socket never has wider permissions
/// under its own name.
fn open_unix(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    refuse_if_in_use(path)?;
    let temporary = PathBuf::from(format!("{}.{}", path.display(), process::id()));
    let listener = UnixListener::bind(&temporary)?;
    let renamed = fs::set_permissions(&temporary, Permissions::from_mode(SOCKET_MODE))
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = renamed {
        fs::remove_file(&temporary)?;
        return Err(error);
    }
    let metadata = fs::symlink_metadata(path)?;
    let file = SocketFile {
        path: path.to_owned(),
        identity: (metadata.dev(), metadata.ino()),
    };
    Ok((listener, file))
}

/// Refuses to replace a file that is not a socket, and the socket of a running server.
fn refuse_if_in_use(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("the file is not a socket"));
    }
    let client = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A full queue would block the start.
    client.set_nonblocking(true)?;
    match client.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another server listens on the socket",
        )),
    }
}

/// The file of a Unix socket. It is removed on drop unless another server has replaced it.
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
