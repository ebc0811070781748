//! What is said only so often in a minute, whoever says it: for what anybody may send and nobody should
//! have to read a thousand times. It is in memory alone, and as large as its bounds.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ipnet::IpNet;

use super::clock::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
/// How often one client is listened to: more than a page can have of faults.
const FROM_ONE: u32 = 20;
/// How many clients are listened to: what they make of work and of memory is bounded together, too.
const CLIENTS: usize = 256;
/// How many different things are said: more than somebody reads.
const THINGS: usize = 50;

/// The minute that it is, and what was said in it.
#[derive(Default)]
pub struct AMinute(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    began: Timestamp,
    by_client: HashMap<Option<IpNet>, u32>,
    said: HashSet<String>,
}

impl AMinute {
    /// Listens once more to `client`, if it was not too often in this minute.
    ///
    /// # Errors
    /// How long the minute lasts.
    pub fn listen(&self, now: Timestamp, client: Option<IpNet>) -> Result<(), Duration> {
        self.at(now, |minute| {
            let wait = minute.began.plus(MINUTE).since(now);
            if minute.by_client.len() >= CLIENTS && !minute.by_client.contains_key(&client) {
                return Err(wait);
            }
            let times = minute.by_client.entry(client).or_default();
            if *times >= FROM_ONE {
                return Err(wait);
            }
            *times += 1;
            Ok(())
        })
    }

    /// Whether `thing` is to be said: it was not in this minute, and not too much else was.
    pub fn is_news(&self, now: Timestamp, thing: &str) -> bool {
        self.at(now, |minute| {
            minute.said.len() < THINGS && minute.said.insert(thing.to_owned())
        })
    }

    /// A clock that was set back begins a minute, too: nothing is held back for longer than one.
    fn at<T>(&self, now: Timestamp, work: impl FnOnce(&mut Minute) -> T) -> T {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now < minute.began || now.since(minute.began) >= MINUTE {
            *minute = Minute {
                began: now,
                ..Minute::default()
            };
        }
        work(&mut minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_micros(1_795_348_800_000_000);

    fn client(number: u32) -> Option<IpNet> {
        Some(IpNet::from(std::net::IpAddr::from(number.to_be_bytes())))
    }

    #[test]
    fn one_client_is_listened_to_so_often_and_others_besides() {
        let minute = AMinute::default();
        let later = NOON.plus(Duration::from_secs(20));
        for _ in 0..FROM_ONE {
            assert_eq!(minute.listen(NOON, client(1)), Ok(()));
        }
        let rest = Duration::from_secs(40);
        assert_eq!(minute.listen(later, client(1)), Err(rest));
        assert_eq!(minute.listen(later, client(2)), Ok(()));
        assert_eq!(minute.listen(later, None), Ok(()));
        assert_eq!(minute.listen(NOON.plus(MINUTE), client(1)), Ok(()));
    }

    #[test]
    fn many_clients_take_no_more_room_than_there_is() {
        let minute = AMinute::default();
        for number in 0..u32::try_from(CLIENTS).unwrap() {
            assert_eq!(minute.listen(NOON, client(number)), Ok(()));
        }
        assert_eq!(minute.listen(NOON, client(u32::MAX)), Err(MINUTE));
        assert_eq!(
            minute.listen(NOON, client(0)),
            Ok(()),
            "who is known is heard"
        );
        assert_eq!(minute.listen(NOON.minus(MINUTE), client(u32::MAX)), Ok(()));
    }

    #[test]
    fn a_thing_is_said_once_and_no_more_things_than_somebody_reads() {
        let minute = AMinute::default();
        assert!(minute.is_news(NOON, "0"));
        assert!(!minute.is_news(NOON, "0"));
        let said = (0..200).filter(|thing| minute.is_news(NOON, &thing.to_string()));
        assert_eq!(said.count(), THINGS - 1);
        assert!(minute.is_news(NOON.plus(MINUTE), "0"));
    }
}
