//! Tests whether an operation takes longer with one sort of input than with another, with the
//! method of dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", DATE 2017).
//! Both sorts are measured in random order, and Welch's t-test decides whether they have the same
//! mean.

use std::{hint::black_box, time::Instant};

use narthex::crypto::rng::{self, SystemRandom};

use crate::{
    Result,
    table::{self, median},
};

/// From this value on the means are taken to differ (section 3.2 of the paper). With equal means,
/// chance exceeds it once in 150,000 tests.
const DIFFERENT: f64 = 4.5;
/// The number of times that the longest times are removed, each time a few more. An interrupted
/// measurement is long with any input, and hides a difference among the short ones.
const CROPPED: u32 = 100;
/// Fewer times than this, after the longest are removed, are not evaluated.
const ENOUGH: usize = 100;
/// The number of inputs that are prepared at once, so that no measurement includes the preparation.
const BATCH: usize = 500;

/// The sort of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The guess of an attacker who is nearly right: it agrees with the secret in almost every
    /// place.
    Near,
    /// A guess that agrees in no place.
    Far,
}

/// The measured times, in nanoseconds.
#[derive(Default)]
pub struct Timed {
    near: Vec<f64>,
    far: Vec<f64>,
}

impl Timed {
    /// Measures `run` `times` times, with inputs of both sorts that `make` returns. A first batch
    /// is not counted, until caches and branch prediction are warm.
    pub fn in_turns<I>(
        times: usize,
        mut make: impl FnMut(Sort) -> Result<I>,
        mut run: impl FnMut(&I) -> Result<()>,
    ) -> Result<Self> {
        let (mut timed, mut is_warm) = (Self::default(), false);
        let batch = BATCH.min(times);
        while timed.near.len() + timed.far.len() < times {
            let inputs = (0..batch).map(|_| {
                let sort = toss()?;
                make(sort).map(|input| (sort, input))
            });
            let inputs = inputs.collect::<Result<Vec<_>>>()?;
            let mut of_batch = Self::default();
            for (sort, input) in &inputs {
                of_batch.time(*sort, || run(black_box(input)))?;
            }
            if is_warm {
                timed.near.append(&mut of_batch.near);
                timed.far.append(&mut of_batch.far);
            }
            is_warm = true;
        }
        Ok(timed)
    }

    /// Adds one measurement.
    pub fn time(&mut self, sort: Sort, run: impl FnOnce() -> Result<()>) -> Result<()> {
        let begun = Instant::now();
        run()?;
        let took = begun.elapsed().as_nanos() as f64;
        match sort {
            Sort::Near => self.near.push(took),
            Sort::Far => self.far.push(took),
        }
        Ok(())
    }

    /// Prints a row of a table.
    pub fn print_row(&self, what: &str) {
        let t = self.furthest();
        let seen = if t.abs() > DIFFERENT {
            "a difference"
        } else {
            "none"
        };
        let middle = |times: &[f64]| table::whole(median(times.to_vec()));
        table::row(&[
            &what,
            &(self.near.len() + self.far.len()),
            &middle(&self.near),
            &middle(&self.far),
            &table::two(t),
            &seen,
        ]);
    }

    /// The t that is furthest from 0, of all measurements and of those that remain without the
    /// longest.
    fn furthest(&self) -> f64 {
        let mut all = [&self.near[..], &self.far].concat();
        all.sort_by(f64::total_cmp);
        let bounds = (1..=CROPPED).filter_map(|step| {
            // The bounds of dudect, which are closer together where most measurements are.
            let part = 1.0 - 0.5_f64.powf(10.0 * f64::from(step) / f64::from(CROPPED));
            all.get((part * all.len() as f64) as usize).copied()
        });
        let below = |bound: f64| {
            let few = |times: &[f64]| -> Vec<f64> {
                times.iter().copied().filter(|time| *time < bound).collect()
            };
            let (near, far) = (few(&self.near), few(&self.far));
            (near.len() >= ENOUGH && far.len() >= ENOUGH).then(|| welch(&near, &far))
        };
        let whole = welch(&self.near, &self.far);
        std::iter::once(whole)
            .chain(bounds.filter_map(below))
            .filter(|t| t.is_finite())
            .fold(
                0.0,
                |most, t| if t.abs() > f64::abs(most) { t } else { most },
            )
    }
}

fn toss() -> Result<Sort> {
    let [byte] = rng::bytes::<1>(&SystemRandom)?;
    Ok(if byte % 2 == 0 { Sort::Near } else { Sort::Far })
}

/// Welch's t of two samples (B. L. Welch, Biometrika 34, 1947). It is not finite if nothing varies.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let ((mean, error), (other_mean, other_error)) = (moments(one), moments(other));
    (mean - other_mean) / (error + other_error).sqrt()
}

/// The mean, and the square of its standard error.
fn moments(sample: &[f64]) -> (f64, f64) {
    let count = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / count;
    let squares = sample.iter().map(|value| (value - mean).powi(2));
    (mean, squares.sum::<f64>() / (count - 1.0) / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welch_statistic_matches_scipy() {
        // scipy.stats.ttest_ind([1, 2, 3, 4], [2, 4, 6, 8, 10], equal_var=False).statistic
        let t = welch(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 6.0, 8.0, 10.0]);
        assert!((t + 2.251_436_323_159).abs() < 1e-9, "{t}");
    }
}
