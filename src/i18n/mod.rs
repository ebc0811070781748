//! Texts for people: numbers and times as words.

pub mod humanize;
