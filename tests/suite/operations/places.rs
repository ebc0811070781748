//! The file with the places of IP addresses: its names, its replacement, and its age.

use narthex::util::places::PlaceFile;

use crate::support::binary::Narthex;
use crate::support::place_file::{self, CANADA, COLOGNE, UNKNOWN};

/// 2026-11-01, a time before the clock of the machine.
const BUILT: u64 = 1_793_491_200;

fn open(folder: &tempfile::TempDir) -> PlaceFile {
    let path = place_file::write(folder.path(), BUILT);
    PlaceFile::open(path.to_str().unwrap()).expect("a valid file")
}

/// Returns the city and the country of an address in the language with this tag.
fn names(file: &PlaceFile, address: &str, tag: &str) -> Option<(Option<String>, Option<String>)> {
    let place = file.places().find(address.parse().unwrap())?;
    let (city, country) = (place.city(tag), place.country(tag));
    Some((city.map(str::to_owned), country.map(str::to_owned)))
}

fn found(city: Option<&str>, country: &str) -> Option<(Option<String>, Option<String>)> {
    Some((city.map(str::to_owned), Some(country.to_owned())))
}

#[test]
fn place_has_its_name_in_the_language_or_in_english() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(&folder);
    assert_eq!(
        names(&file, COLOGNE, "de-AT"),
        found(Some("Köln"), "Deutschland")
    );
    assert_eq!(
        names(&file, COLOGNE, "fr"),
        found(Some("Cologne"), "Germany")
    );
    assert_eq!(names(&file, CANADA, "de"), found(None, "Kanada"));
    assert_eq!(names(&file, UNKNOWN, "en"), None);
}

#[test]
fn changed_place_file_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(&folder);
    assert!(!file.has_changed());
    place_file::write_with(folder.path(), BUILT, "Colonia Agrippina", "GeoLite2-City");
    assert!(file.has_changed());
    file.reread().expect("a valid file");
    assert!(!file.has_changed());
    assert_eq!(
        names(&file, COLOGNE, "en"),
        found(Some("Colonia Agrippina"), "Germany")
    );
}

#[test]
fn damaged_or_missing_place_file_leaves_the_earlier_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(&folder);
    std::fs::write(file.path(), "no places").unwrap();
    assert!(file.reread().is_err());
    // The fault is reported once, not for every page.
    assert!(!file.has_changed() && file.reread().is_ok());
    std::fs::remove_file(file.path()).unwrap();
    assert!(!file.has_changed() && file.reread().is_ok());
    assert_eq!(
        names(&file, COLOGNE, "en"),
        found(Some("Cologne"), "Germany")
    );
}

#[test]
fn file_without_places_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = place_file::write_with(folder.path(), BUILT, "Cologne", "GeoLite2-ASN");
    let narthex = Narthex::installed().with("NARTHEX_GEOIP", path.to_str().unwrap());
    let line = match narthex.try_serve(&[]) {
        Ok(_) => panic!("the server started"),
        Err(outcome) => outcome.expect_error(),
    };
    assert!(line.starts_with("NARTHEX_GEOIP is \""), "{line}");
    assert!(
        line.contains("it contains GeoLite2-ASN and no places"),
        "{line}"
    );
}

#[test]
fn check_reports_the_age_of_the_place_file() {
    let folder = tempfile::tempdir().unwrap();
    for (built, state, detail) in [
        (BUILT, "ok", "places.mmdb, built "),
        (1_577_836_800, "warn", "replace it by a newer one"),
    ] {
        let path = place_file::write(folder.path(), built);
        let narthex = Narthex::installed().with("NARTHEX_GEOIP", path.to_str().unwrap());
        let outcome = narthex.run(&["check"]).expect_code(0);
        let mut lines = outcome.stdout.lines();
        let line = lines
            .find(|line| line.contains(" places "))
            .expect("a line");
        assert!(line.starts_with(state) && line.contains(detail), "{line}");
    }
}
