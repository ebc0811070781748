//! A tea shop with accounts. `before/main.rs` is the same shop without them.

use actix_web::{
    App, HttpServer, Result,
    web::{self, Data, Form, Html, Json, Redirect},
};
use narthex::{Can, Confirmed, Narthex, SessionOnly};
use shop::{FrontPage, NewOrder, Order, Orders, Sales};

#[cfg(test)]
mod tests;

narthex::abilities! { pub Read = "orders:read", "Read your orders and the sales of the shop"; }
narthex::abilities! { pub Place = "orders:write", "Place orders"; }

async fn front(user: Can<Read>, orders: Data<Orders>, narthex: Data<Narthex>) -> Result<Html> {
    let page = FrontPage::new(orders.of(user.id()).await?);
    page.with_account(&user, &narthex).html()
}

async fn order(user: Can<Place>, orders: Data<Orders>, new: Form<NewOrder>) -> Result<Redirect> {
    orders.place(user.id(), new.into_inner()).await?;
    Ok(Redirect::to("/").see_other())
}

async fn cancel(user: Can<(SessionOnly, Confirmed)>, orders: Data<Orders>) -> Result<Redirect> {
    orders.cancel_all(user.id()).await?;
    Ok(Redirect::to("/").see_other())
}

async fn list(user: Can<Read>, orders: Data<Orders>) -> Result<Json<Vec<Order>>> {
    Ok(Json(orders.of(user.id()).await?))
}

async fn place(user: Can<Place>, orders: Data<Orders>, new: Json<NewOrder>) -> Result<Json<Order>> {
    Ok(Json(orders.place(user.id(), new.into_inner()).await?))
}

async fn sales(orders: Data<Orders>) -> Result<Json<Vec<Sales>>> {
    Ok(Json(orders.sales().await?))
}

fn routes(config: &mut web::ServiceConfig, orders: Orders, narthex: &Narthex) {
    let reports = web::scope("/reports").wrap(narthex.guard::<Read>());
    config
        .app_data(Data::new(orders))
        .configure(narthex.routes())
        .route("/", web::get().to(front))
        .route("/orders", web::post().to(order))
        .route("/orders/cancel", web::post().to(cancel))
        .route("/api/orders", web::get().to(list))
        .route("/api/orders", web::post().to(place))
        .service(reports.route("/sales", web::get().to(sales)));
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:8080");
    let orders = Orders::open("shop.db")?;
    let narthex = Narthex::builder().abilities::<(Read, Place)>().open()?;
    let app = move || App::new().configure(|config| routes(config, orders.clone(), &narthex));
    let server = HttpServer::new(app).bind(address)?;
    Ok(server.run().await?)
}
