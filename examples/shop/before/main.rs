//! A tea shop without accounts: all visitors share the orders of the guest.

use actix_web::{
    App, HttpServer, Result,
    web::{self, Data, Form, Html, Json, Redirect},
};
use guest::Guest;
use shop::{FrontPage, NewOrder, Order, Orders, Sales};

mod guest;

async fn front(user: Guest, orders: Data<Orders>) -> Result<Html> {
    let page = FrontPage::new(orders.of(user.id()).await?);
    page.html()
}

async fn order(user: Guest, orders: Data<Orders>, new: Form<NewOrder>) -> Result<Redirect> {
    orders.place(user.id(), new.into_inner()).await?;
    Ok(Redirect::to("/").see_other())
}

async fn cancel(user: Guest, orders: Data<Orders>) -> Result<Redirect> {
    orders.cancel_all(user.id()).await?;
    Ok(Redirect::to("/").see_other())
}

async fn list(user: Guest, orders: Data<Orders>) -> Result<Json<Vec<Order>>> {
    Ok(Json(orders.of(user.id()).await?))
}

async fn place(user: Guest, orders: Data<Orders>, new: Json<NewOrder>) -> Result<Json<Order>> {
    Ok(Json(orders.place(user.id(), new.into_inner()).await?))
}

async fn sales(orders: Data<Orders>) -> Result<Json<Vec<Sales>>> {
    Ok(Json(orders.sales().await?))
}

fn routes(config: &mut web::ServiceConfig, orders: Orders) {
    let reports = web::scope("/reports");
    config
        .app_data(Data::new(orders))
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
    let app = move || App::new().configure(|config| routes(config, orders.clone()));
    let server = HttpServer::new(app).bind(address)?;
    Ok(server.run().await?)
}
