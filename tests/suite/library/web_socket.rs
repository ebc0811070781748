//! Web sockets of an app. The caller is checked at the opening, and before each message by the app.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use actix_web::{HttpRequest, HttpResponse, rt, web};
use actix_ws::{CloseCode, Message};
use narthex::{Can, Narthex};
use reqwest::Method;

use super::{ReadOrders, Shop};
use crate::support::raw_http::status;

const ADA: &str = "ada@example.com";

/// Echoes each message, and closes the socket when its caller is not accepted any more.
pub(super) async fn echo(
    user: Can<ReadOrders>,
    narthex: web::Data<Narthex>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    rt::spawn(async move {
        while let Some(Ok(Message::Text(text))) = messages.recv().await {
            let is_accepted = matches!(narthex.verify_again(&user).await, Ok(Some(_)));
            if !is_accepted || session.text(text).await.is_err() {
                break;
            }
        }
        let _ = session.close(Some(CloseCode::Policy.into())).await;
    });
    Ok(response)
}

/// Echoes each message, and never checks the caller again.
pub(super) async fn careless_echo(
    _: Can<ReadOrders>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    rt::spawn(async move {
        while let Some(Ok(Message::Text(text))) = messages.recv().await {
            session.text(text).await.unwrap();
        }
    });
    Ok(response)
}

/// The socket of a client.
struct Socket(TcpStream);

impl Socket {
    /// Asks for a socket. Returns the status of a refusal.
    fn open(shop: &Shop, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let address = shop.origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        match status(&String::from_utf8_lossy(&answer)) {
            101 => Ok(Self(stream)),
            other => Err(other),
        }
    }

    /// Sends a text (RFC 6455, section 5.2) and returns the answer. `None`: the server has closed
    /// the socket because of its policy.
    fn ask(&mut self, text: &str) -> Option<String> {
        let length = u8::try_from(text.len()).unwrap();
        let mask = [0; 4];
        let frame = [&[0x81, 0x80 | length][..], &mask, text.as_bytes()].concat();
        self.0.write_all(&frame).unwrap();
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        let mut content = vec![0; usize::from(head[1])];
        self.0.read_exact(&mut content).unwrap();
        match head[0] {
            0x81 => Some(String::from_utf8(content).unwrap()),
            0x88 => {
                assert_eq!(content, 1008_u16.to_be_bytes());
                None
            }
            other => panic!("frame {other:#x}"),
        }
    }
}

fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

#[tokio::test]
async fn web_socket_needs_a_caller_with_the_ability() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let [reader, other] = ["orders:read", "orders:write"].map(|ability| [ability]);
    let reader = bearer(shop.token_of(&ada, &reader).await.secret());
    let other = bearer(shop.token_of(&ada, &other).await.secret());
    let open = |headers: &[(&str, &str)]| Socket::open(&shop, "/socket", headers);
    assert_eq!(open(&[]).err(), Some(401));
    assert_eq!(
        open(&[("authorization", "Bearer nrx_wrong")]).err(),
        Some(401)
    );
    assert_eq!(open(&[("authorization", &other)]).err(), Some(403));
    let mut socket = open(&[("authorization", &reader)]).ok().unwrap();
    assert_eq!(socket.ask("tea").unwrap(), "tea");
}

#[tokio::test]
async fn web_socket_with_the_cookie_needs_a_page_of_this_origin() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let session = ada.cookie("narthex").unwrap();
    let cookie = format!("narthex={}", session.value);
    let open = |origin: &str| {
        let headers = [("cookie", &*cookie), ("origin", origin)];
        Socket::open(&shop, "/socket", &headers)
    };
    assert_eq!(open("https://evil.example").err(), Some(403));
    let mut socket = open(&shop.origin).ok().unwrap();
    assert_eq!(socket.ask("tea").unwrap(), "tea");
}

#[tokio::test]
async fn app_closes_the_web_socket_of_a_revoked_token() {
    let shop = Shop::open();
    let ada = shop.register(ADA).await;
    let token = bearer(shop.token_of(&ada, &["orders:read"]).await.secret());
    let headers = [("authorization", &*token)];
    let [mut careful, mut careless] = ["/socket", "/careless-socket"]
        .map(|path| Socket::open(&shop, path, &headers).ok().unwrap());
    ada.call(Method::DELETE, "/api/v1/tokens?all=true", None)
        .await
        .expect_status(200);
    assert_eq!(careful.ask("tea"), None);
    // A revocation closes no socket. Without a further check, it stays open.
    assert_eq!(careless.ask("tea").unwrap(), "tea");
    assert_eq!(Socket::open(&shop, "/socket", &headers).err(), Some(401));
}
