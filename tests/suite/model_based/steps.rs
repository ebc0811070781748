//! The steps of a sequence.

use std::time::Duration;

use proptest::prelude::*;

use super::model::Target;

const STEPS: usize = 40;
const HOUR: Duration = Duration::from_secs(3600);

/// One step. A number selects one of the existing credentials, modulo their count.
#[derive(Clone, Debug)]
pub enum Step {
    Wait(Duration),
    SignIn {
        on_a_phone: bool,
    },
    MakeToken {
        by: usize,
        may_write: bool,
        life: Option<Duration>,
    },
    Pause {
        by: usize,
        token: usize,
        paused: bool,
    },
    Narrow {
        by: usize,
        token: usize,
    },
    Rotate {
        by: usize,
        token: usize,
        overlap: Duration,
    },
    EndOne {
        by: usize,
        token: usize,
    },
    End {
        by: usize,
        which: Target,
    },
    SignOut {
        by: usize,
    },
    Confirm {
        by: usize,
    },
    ChangePassword {
        by: usize,
        also: Vec<&'static str>,
    },
    Disable,
    Enable,
}

/// Sequences of steps.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (by, token) = (0..8_usize, 0..8_usize);
    let waits = [1, 60, 1800, 3599, 3600, 7199, 7200, 6 * 3600].map(Duration::from_secs);
    let overlaps = [0, 60, 3600].map(Duration::from_secs).to_vec();
    let lives = vec![None, Some(HOUR), Some(5 * HOUR)];
    let also = vec![
        vec![],
        vec!["sessions"],
        vec!["tokens"],
        vec!["sessions", "tokens"],
    ];
    let step = prop_oneof![
        6 => prop::sample::select(waits.to_vec()).prop_map(Step::Wait),
        2 => any::<bool>().prop_map(|on_a_phone| Step::SignIn { on_a_phone }),
        9 => (by.clone(), any::<bool>(), prop::sample::select(lives))
            .prop_map(|(by, may_write, life)| Step::MakeToken { by, may_write, life }),
        6 => (by.clone(), token.clone(), any::<bool>())
            .prop_map(|(by, token, paused)| Step::Pause { by, token, paused }),
        3 => (by.clone(), token.clone()).prop_map(|(by, token)| Step::Narrow { by, token }),
        7 => (by.clone(), token.clone(), prop::sample::select(overlaps))
            .prop_map(|(by, token, overlap)| Step::Rotate { by, token, overlap }),
        3 => (by.clone(), token).prop_map(|(by, token)| Step::EndOne { by, token }),
        4 => (by.clone(), prop::sample::select(Target::ALL.to_vec()))
            .prop_map(|(by, which)| Step::End { by, which }),
        1 => by.clone().prop_map(|by| Step::SignOut { by }),
        1 => by.clone().prop_map(|by| Step::Confirm { by }),
        1 => (by, prop::sample::select(also)).prop_map(|(by, also)| Step::ChangePassword { by, also }),
        1 => Just(Step::Disable),
        2 => Just(Step::Enable),
    ];
    prop::collection::vec(step, STEPS)
}
