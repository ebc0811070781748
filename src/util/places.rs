//! The places of IP addresses, from a file in the format of MaxMind.

use std::{
    collections::HashMap,
    fs::Metadata,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use maxminddb::Reader;
use serde::Deserialize;

use super::{
    clock::Timestamp,
    sync::{Mutex, MutexGuard, PoisonError},
};

const REMEDY: &str = "give a file with cities or countries in the format of MaxMind, such as \
                      GeoLite2-City.mmdb";

/// A file with the places of IP addresses. It is read again when it has changed, because such files
/// are replaced every few days.
///
/// The file is in memory, about 60 MB for all cities. A memory map would need less, but reading it
/// is unsound if another program writes to the file.
#[derive(Clone)]
pub struct PlaceFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    content: Mutex<Content>,
}

struct Content {
    places: Places,
    version: Option<Version>,
}

/// The time of the latest change of the file, and its length.
type Version = (SystemTime, u64);

/// The places of one version of the file.
#[derive(Clone)]
pub struct Places(Arc<Reader<Vec<u8>>>);

/// The place of an address: a country, and possibly a city. Each has its names by language tag.
#[derive(Debug, Default)]
pub struct Place {
    city: HashMap<String, String>,
    country: HashMap<String, String>,
}

impl PlaceFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Returns the fault, and a description of a valid file.
    pub fn open(path: &str) -> Result<Self, String> {
        let path = PathBuf::from(path);
        let metadata = path
            .metadata()
            .map_err(|error| format!("it cannot be read ({error}); {REMEDY}"))?;
        let content = Mutex::new(Content {
            places: read(&path)?,
            version: version(&metadata),
        });
        Ok(Self(Arc::new(Inner { path, content })))
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Returns the places of the present file. This blocks while a changed file is read, so an
    /// asynchronous task calls it on another thread if [`PlaceFile::has_changed`].
    ///
    /// # Errors
    /// Returns the fault of a changed file once. The places of the version before stay in use.
    pub fn reread(&self) -> Result<Places, String> {
        let Ok(metadata) = self.0.path.metadata() else {
            return Ok(self.places());
        };
        let found = version(&metadata);
        if std::mem::replace(&mut self.lock().version, found) == found {
            return Ok(self.places());
        }
        // The lock is free meanwhile, so that other pages show the places of the version before.
        let places = read(&self.0.path)?;
        self.lock().places = places.clone();
        Ok(places)
    }

    /// Returns the places that were read last.
    #[must_use]
    pub fn places(&self) -> Places {
        self.lock().places.clone()
    }

    /// Returns whether the file has changed since it was read.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        let found = self.0.path.metadata();
        found.is_ok_and(|found| version(&found) != self.lock().version)
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0
            .content
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn version(metadata: &Metadata) -> Option<Version> {
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read(path: &Path) -> Result<Places, String> {
    let fault = |error| format!("it cannot be read ({error}); {REMEDY}");
    let reader = Reader::open_readfile(path).map_err(fault)?;
    let content = &reader.metadata().database_type;
    if !["City", "Country", "Enterprise"]
        .iter()
        .any(|name| content.contains(name))
    {
        return Err(format!("it contains {content} and no places; {REMEDY}"));
    }
    Ok(Places(Arc::new(reader)))
}

/// The part of a record that a [`Place`] needs. Files of other makers than MaxMind lack parts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    city: Named,
    country: Named,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    names: HashMap<String, String>,
}

impl Places {
    /// Returns the place of `address`, if the file has one.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<Place> {
        let found = self.0.lookup(address).ok()?;
        let record: Record = found.decode().ok()??;
        Some(Place {
            city: record.city.names,
            country: record.country.names,
        })
    }

    /// Returns when the maker built the file.
    #[must_use]
    pub fn built_at(&self) -> Option<Timestamp> {
        let built = self.0.metadata().build_time().ok()?;
        Timestamp::from_system_time(built)
    }
}

impl Place {
    /// Returns the name of the city in the language with this tag, or in English.
    #[must_use]
    pub fn city(&self, language: &str) -> Option<&str> {
        name(&self.city, language)
    }

    /// Returns the name of the country in the language with this tag, or in English.
    #[must_use]
    pub fn country(&self, language: &str) -> Option<&str> {
        name(&self.country, language)
    }
}

/// Looks `language` up as RFC 4647, section 3.4 does: `pt-BR`, then `pt`. English is the default.
fn name<'a>(names: &'a HashMap<String, String>, language: &str) -> Option<&'a str> {
    let primary = language.split('-').next().unwrap_or_default();
    [language, primary, "en"]
        .into_iter()
        .find_map(|tag| names.get(tag))
        .map(String::as_str)
}
