//! The address of a client on a page, with its place if the operator has named a file of places.

use std::net::IpAddr;

use actix_web::web;

use crate::{
    app_state::AppState,
    i18n::{self, Language},
    types::message::label,
    util::places::{Place, PlaceFile, Places},
};

/// An address and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// The address.
    pub ip: String,
    /// The place: `near Cologne, Germany`. It is derived for each page and never stored, because
    /// networks move.
    pub place: Option<String>,
}

/// Finds the places of the addresses on one page, in its language.
pub struct Locator {
    places: Option<Places>,
    language: Language,
}

impl Locator {
    /// Returns the locator of a page in this language. A changed file is read first.
    pub async fn new(state: &AppState, language: &Language) -> Self {
        let places = match &state.settings().places {
            Some(file) if file.has_changed() => Some(reread(file).await),
            Some(file) => Some(file.places()),
            None => None,
        };
        Self {
            places,
            language: language.clone(),
        }
    }

    /// Returns an address with its place.
    #[must_use]
    pub fn address(&self, ip: Option<IpAddr>) -> Option<ClientAddress> {
        let ip = ip?;
        Some(ClientAddress {
            ip: ip.to_string(),
            place: self.places.as_ref().and_then(|places| {
                let place = places.find(ip)?;
                self.name(&place)
            }),
        })
    }

    fn name(&self, place: &Place) -> Option<String> {
        let tag = self.language.tag().to_string();
        let country = place.country(&tag).map(str::to_owned);
        let message = match (place.city(&tag).map(str::to_owned), country) {
            (Some(city), Some(country)) => label::near_city_in_country(city, country),
            (Some(city), None) => label::near_city(city),
            (None, country) => return country,
        };
        Some(i18n::text(&self.language, &message))
    }
}

/// Reads the file on a thread for such work, because a file of all cities takes some 100 ms.
async fn reread(file: &PlaceFile) -> Places {
    let changed = file.clone();
    let read = web::block(move || changed.reread()).await;
    match read {
        Ok(Ok(places)) => places,
        Ok(Err(cause)) => {
            let path = file.path().display();
            tracing::warn!(%path, cause, "changed NARTHEX_GEOIP not read; the earlier places stay in use");
            file.places()
        }
        Err(_) => file.places(),
    }
}
