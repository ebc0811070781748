//! Notes with an API and no pages. Programs send tokens, and every refusal is a problem (RFC 9457).

use actix_web::{App, HttpServer, web};
use narthex::{Can, Confirmed, Narthex};

#[cfg(test)]
mod tests;

narthex::abilities! { pub ReadNotes = "notes:read", "Read your notes"; }

async fn notes(user: Can<ReadNotes>) -> String {
    format!("The notes of {}", user.user().email)
}

async fn delete_all(_: Can<(ReadNotes, Confirmed)>) -> &'static str {
    "Deleted"
}

fn routes(config: &mut web::ServiceConfig, narthex: &Narthex) {
    config
        .configure(narthex.routes())
        .route("/notes", web::get().to(notes))
        .route("/notes", web::delete().to(delete_all));
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let narthex = Narthex::builder()
        .database("sqlite://notes.db")
        .abilities::<ReadNotes>()
        .open()?;
    let app = move || App::new().configure(|config| routes(config, &narthex));
    Ok(HttpServer::new(app).bind("127.0.0.1:8080")?.run().await?)
}
