//! Tests of the order of permits and of the cost of a verification.

use std::{pin::Pin, task::Poll};

use super::*;

async fn polled<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::future::poll_fn(|state| Poll::Ready(Pin::new(&mut *future).poll(state))).await
}

fn hasher_of(cores: usize) -> PasswordHasher {
    PasswordHasher::new(cores, Argon2Parameters::RECOMMENDED).unwrap()
}

fn secret(text: &str) -> SecretString {
    SecretString::new(text.to_owned())
}

#[tokio::test]
async fn full_queue_rejects_a_request() {
    let hasher = hasher_of(1);
    let _permit = hasher.acquire(None).await.unwrap();
    let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(hasher.acquire(None))).collect();
    for caller in &mut waiting {
        assert!(polled(caller).await.is_pending());
    }
    let answer = hasher.hash(secret("whatever"), None).await;
    assert!(matches!(answer, Err(HashError::Busy)));
    assert_eq!(
        hasher.queue.waiting(),
        2,
        "a waiting request left the queue"
    );
    drop(waiting);
    assert_eq!(
        hasher.queue.waiting(),
        0,
        "a dropped request leaves the queue"
    );
}

fn address(last: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, last]))
}

#[tokio::test(start_paused = true)]
async fn network_keeps_half_of_the_queue_when_another_one_asks() {
    let hasher = hasher_of(2);
    let _permits = [
        hasher.acquire(address(1)).await.unwrap(),
        hasher.acquire(address(1)).await.unwrap(),
    ];
    let mut flood: Vec<_> = (0..4)
        .map(|_| Box::pin(hasher.acquire(address(1))))
        .collect();
    for caller in &mut flood {
        assert!(polled(caller).await.is_pending());
    }
    let mut others: Vec<_> = (0..3)
        .map(|_| Box::pin(hasher.acquire(address(2))))
        .collect();
    for caller in others.iter_mut().take(2) {
        assert!(
            polled(caller).await.is_pending(),
            "the request is in the queue"
        );
    }
    let third = polled(&mut others[2]).await;
    assert!(
        matches!(third, Poll::Ready(Err(HashError::Busy))),
        "its share is half of the queue"
    );
    // The newest requests of the network with more than its share were removed.
    for (caller, stays) in flood.iter_mut().zip([true, true, false, false]) {
        match polled(caller).await {
            Poll::Pending => assert!(stays),
            Poll::Ready(answer) => {
                assert!(!stays && matches!(answer, Err(HashError::Busy)));
            }
        }
    }
    let more = polled(&mut Box::pin(hasher.acquire(address(1)))).await;
    assert!(matches!(more, Poll::Ready(Err(HashError::Busy))));
    let mut third_network = Box::pin(hasher.acquire(address(3)));
    assert!(polled(&mut third_network).await.is_pending());
}

#[tokio::test(start_paused = true)]
async fn networks_take_turns_regardless_of_their_waiters() {
    let hasher = hasher_of(1);
    let mut permit = hasher.acquire(address(1)).await.unwrap();
    let mut flood = Box::pin(hasher.acquire(address(1)));
    assert!(polled(&mut flood).await.is_pending());
    for _ in 0..10 {
        // The other network asks last and is next, each time.
        let mut other = Box::pin(hasher.acquire(address(2)));
        assert!(polled(&mut other).await.is_pending());
        drop(permit);
        let Poll::Ready(Ok(other_permit)) = polled(&mut other).await else {
            panic!("the network without a permit is not next");
        };
        drop(other_permit);
        let Poll::Ready(Ok(next)) = polled(&mut flood).await else {
            panic!("the longest waiting network is not next");
        };
        permit = next;
        flood = Box::pin(hasher.acquire(address(1)));
        assert!(polled(&mut flood).await.is_pending());
    }
}

#[tokio::test(start_paused = true)]
async fn ipv6_site_is_one_client() {
    let hasher = hasher_of(1);
    let in_site = |net: u16| Some(IpAddr::from([0x2001, 0xdb8, 1, net, 0, 0, 0, 1]));
    let _permit = hasher.acquire(in_site(0)).await.unwrap();
    let mut flood: Vec<_> = (0..2)
        .map(|net| Box::pin(hasher.acquire(in_site(net))))
        .collect();
    for caller in &mut flood {
        assert!(polled(caller).await.is_pending());
    }
    let another_network = polled(&mut Box::pin(hasher.acquire(in_site(7)))).await;
    assert!(matches!(another_network, Poll::Ready(Err(HashError::Busy))));
    assert!(
        polled(&mut Box::pin(hasher.acquire(address(1))))
            .await
            .is_pending()
    );
}

#[tokio::test(start_paused = true)]
async fn request_waits_at_most_a_second_for_a_permit() {
    let hasher = hasher_of(1);
    let permit = hasher.acquire(None).await.unwrap();
    let millisecond = Duration::from_millis(1);
    let shorter = tokio::time::timeout(MAX_WAIT - millisecond, hasher.acquire(None));
    assert!(shorter.await.is_err(), "it still waits");
    let longer = tokio::time::timeout(MAX_WAIT + millisecond, hasher.acquire(None));
    assert!(matches!(longer.await, Ok(Err(HashError::Busy))));
    drop(permit);
    assert!(hasher.acquire(None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn one_hash_runs_per_core_and_twice_as_many_wait() {
    let hasher = hasher_of(2);
    let _permits = [
        hasher.acquire(None).await.unwrap(),
        hasher.acquire(None).await.unwrap(),
    ];
    let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(hasher.acquire(None))).collect();
    for caller in &mut waiting {
        assert!(polled(caller).await.is_pending());
    }
    let fifth = polled(&mut Box::pin(hasher.acquire(None))).await;
    assert!(matches!(fifth, Poll::Ready(Err(HashError::Busy))));
}

#[tokio::test]
async fn missing_and_malformed_hashes_cost_one_verification() {
    let hasher = hasher_of(1);
    let permit = hasher.acquire(None).await.unwrap();
    let absurd = "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQxMjM0$Y29ycmVjdA";
    for (stored, check) in [
        (None, PasswordCheck::Invalid),
        (
            Some(StoredHash::from_stored("rubbish".to_owned())),
            PasswordCheck::MalformedHash,
        ),
        (
            Some(StoredHash::from_stored(absurd.to_owned())),
            PasswordCheck::MalformedHash,
        ),
    ] {
        let before = hasher.runs();
        let found = permit.verify(secret("a password that nobody has"), stored);
        assert_eq!(found.await.unwrap(), check);
        assert_eq!(hasher.runs(), before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn permits_are_granted_in_the_order_of_requests() {
    let hasher = hasher_of(3);
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(hasher.acquire(None).await.unwrap());
    }
    let mut waiting: Vec<_> = (0..6).map(|_| Box::pin(hasher.acquire(None))).collect();
    for caller in &mut waiting {
        assert!(polled(caller).await.is_pending());
    }
    while !waiting.is_empty() {
        drop(taken.pop());
        // Asks when a permit is free but its next owner has not polled yet.
        let mut late = Box::pin(hasher.acquire(None));
        assert!(
            !matches!(polled(&mut late).await, Poll::Ready(Ok(_))),
            "the late request overtook"
        );
        drop(late);
        // The last one polls first, and it is not its turn.
        for caller in waiting.iter_mut().skip(1).rev() {
            assert!(polled(caller).await.is_pending());
        }
        let mut first = waiting.remove(0);
        match polled(&mut first).await {
            Poll::Ready(Ok(permit)) => taken.insert(0, permit),
            _ => panic!(
                "the first request has no permit, {} wait behind it",
                waiting.len()
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cancelled_waiter_does_not_block_the_queue() {
    let hasher = hasher_of(1);
    let permit = hasher.acquire(None).await.unwrap();
    let mut first = Box::pin(hasher.acquire(None));
    let mut second = Box::pin(hasher.acquire(None));
    assert!(polled(&mut first).await.is_pending());
    assert!(polled(&mut second).await.is_pending());
    drop(permit);
    drop(first);
    assert!(matches!(polled(&mut second).await, Poll::Ready(Ok(_))));
}
