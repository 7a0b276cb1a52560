//! What locks, until when and why: tables computed by hand, a plain twin, and what holds for any sequence of inputs.

mod desk;
mod draw;

mod account;
mod freqtrade;
mod market;
mod operator;
mod plain;
mod properties;
mod twin;
