//! Writes files in the MaxMind DB format, version 2.0: a binary tree of address bits, and the data
//! that its leaves refer to.

use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

/// An address in Cologne. So are those of the machine itself, from which tests send requests.
pub const COLOGNE: &str = "192.0.2.7";
/// An address in Canada, whose city the file does not have.
pub const CANADA: &str = "2001:db8::7";
/// An address that the file does not have.
pub const UNKNOWN: &str = "198.51.100.7";

/// Writes a file with places into `folder` and returns its path. `built` is in seconds since 1970.
pub fn write(folder: &Path, built: u64) -> PathBuf {
    write_with(folder, built, "Cologne", "GeoLite2-City")
}

/// As [`write`], with another English name for the city, and this type of database.
pub fn write_with(folder: &Path, built: u64, city: &str, database_type: &str) -> PathBuf {
    let path = folder.join("places.mmdb");
    let names = |names: &[(&str, &str)]| {
        let names: Vec<_> = names.iter().map(|(tag, name)| (*tag, text(name))).collect();
        map(&[("names", map(&names))])
    };
    let cologne = map(&[
        ("city", names(&[("en", city), ("de", "Köln")])),
        (
            "country",
            names(&[("en", "Germany"), ("de", "Deutschland")]),
        ),
    ]);
    let canada = map(&[("country", names(&[("en", "Canada"), ("de", "Kanada")]))]);
    let mut tree = Tree::default();
    // An IPv4 address is in the tree as `::a.b.c.d`.
    tree.insert("::192.0.2.0".parse().unwrap(), 96 + 24, 0);
    tree.insert("::127.0.0.0".parse().unwrap(), 96 + 8, 0);
    tree.insert("2001:db8::".parse().unwrap(), 32, cologne.len());
    let metadata = map(&[
        ("binary_format_major_version", uint(5, 2)),
        ("binary_format_minor_version", uint(5, 0)),
        ("build_epoch", uint(9, built)),
        ("database_type", text(database_type)),
        ("description", map(&[])),
        ("ip_version", uint(5, 6)),
        ("languages", vec![0, 4]),
        ("node_count", uint(6, tree.0.len() as u64)),
        ("record_size", uint(5, 24)),
    ]);
    let marker = b"\xab\xcd\xefMaxMind.com".to_vec();
    let file = [tree.bytes(), vec![0; 16], cologne, canada, marker, metadata].concat();
    std::fs::write(&path, file).expect("a file that can be written");
    path
}

/// The nodes of the tree. Each has a record for the bit 0 and one for the bit 1.
struct Tree(Vec<[Record; 2]>);

#[derive(Clone, Copy)]
enum Record {
    Empty,
    Node(usize),
    /// The offset of the data.
    Leaf(usize),
}

impl Default for Tree {
    fn default() -> Self {
        Self(vec![[Record::Empty; 2]])
    }
}

impl Tree {
    fn insert(&mut self, network: Ipv6Addr, length: u32, data: usize) {
        let (bits, mut node) = (network.to_bits(), 0);
        for depth in 0..length {
            let bit = (bits >> (127 - depth) & 1) as usize;
            if depth + 1 == length {
                self.0[node][bit] = Record::Leaf(data);
            } else if let Record::Node(next) = self.0[node][bit] {
                node = next;
            } else {
                self.0.push([Record::Empty; 2]);
                let next = self.0.len() - 1;
                self.0[node][bit] = Record::Node(next);
                node = next;
            }
        }
    }

    /// Each record has 24 bits. From the number of nodes on, it means "no data", and then data.
    fn bytes(&self) -> Vec<u8> {
        let count = self.0.len();
        let value = |record: &Record| match record {
            Record::Empty => count,
            Record::Node(node) => *node,
            Record::Leaf(data) => count + 16 + data,
        };
        let records = self.0.iter().flatten();
        let bytes =
            records.flat_map(|record| (value(record) as u32).to_be_bytes().into_iter().skip(1));
        bytes.collect()
    }
}

fn text(text: &str) -> Vec<u8> {
    assert!(text.len() < 29, "a longer text has another form");
    [&[2 << 5 | text.len() as u8], text.as_bytes()].concat()
}

fn map(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![7 << 5 | members.len() as u8];
    for (key, value) in members {
        bytes.extend(text(key));
        bytes.extend(value);
    }
    bytes
}

/// A number of the type 5 (16 bits), 6 (32 bits) or 9 (64 bits).
fn uint(of_type: u8, value: u64) -> Vec<u8> {
    let length = match of_type {
        5 => 2,
        6 => 4,
        _ => 8,
    };
    let head = if of_type < 8 {
        vec![of_type << 5 | length]
    } else {
        vec![length, of_type - 7]
    };
    let bytes = value.to_be_bytes();
    [&head, &bytes[8 - usize::from(length)..]].concat()
}
