//! A minimal HTTP/1.1 client: one connection, one request after the other.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::Result;

/// A response.
pub struct Answer {
    pub status: u16,
    /// The status line and the headers, with the empty line after them.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Returns this response if it has that status.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        Err(format!("expected {status}, got: {}{}", self.head, self.body).into())
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// The values of a header that can be repeated.
    pub fn headers<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.head.lines().filter_map(move |line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Client {
    pub fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
        })
    }

    /// Connects to a server that may still be starting.
    pub fn patient(address: &str, patience: Duration) -> Result<Self> {
        let begun = Instant::now();
        loop {
            match Self::connect(address) {
                Err(_) if begun.elapsed() < patience => thread::sleep(Duration::from_micros(200)),
                connected => return connected,
            }
        }
    }

    /// Sends a `GET` with one header (`Authorization: …`), or none if it is empty.
    pub fn get(&mut self, path: &str, header: &str) -> Result<Answer> {
        self.send("GET", path, &[header], "")
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for header in headers.iter().filter(|header| !header.is_empty()) {
            request.push_str(header);
            request.push_str("\r\n");
        }
        if !body.is_empty() {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err("the connection was closed".into());
            }
        }
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut answer = Answer {
            status,
            head,
            body: String::new(),
        };
        let length: usize = answer.header("content-length").unwrap_or("0").parse()?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        answer.body = String::from_utf8(body)?;
        Ok(answer)
    }
}
