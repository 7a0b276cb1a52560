//! Criterion on the bare fused pass, so that a slower floor is seen before ratios to it mislead.

#[path = "../examples/floor/fused.rs"]
mod fused;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fused::{FillAt, Outcome};
use std::hint::black_box;

const BARS: usize = 100_000;

/// A seeded walk of opens and closes; xorshift64 keeps random-number crates out.
fn walk() -> (Vec<f64>, Vec<f64>) {
    let (mut state, mut price) = (0x9e37_79b9_7f4a_7c15_u64, 30_000.0);
    let mut step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        price *= 1.0 + 1e-3 * ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5);
        price
    };
    (0..BARS).map(|_| (step(), step())).unzip()
}

/// Stops unless the fills alternate, lie on the closes and sell what was bought: a pass that does less is no floor.
fn check(outcome: &Outcome, closes: &[f64]) {
    assert_eq!(outcome.equity.len(), closes.len());
    assert!(outcome.fills.len() > 1 && outcome.fills.iter().all(|fill| fill.price == closes[fill.bar as usize]));
    for pair in outcome.fills.chunks_exact(2) {
        assert_eq!((pair[0].side, pair[1].side), (1, -1));
        assert_eq!(pair[0].quantity, pair[1].quantity);
    }
}

fn fused_pass(criterion: &mut Criterion) {
    let (opens, closes) = walk();
    check(&fused::run(&opens, &closes, FillAt::Close), &closes);
    let mut group = criterion.benchmark_group("ema crossing, fused");
    group.throughput(Throughput::Elements(BARS as u64));
    group.bench_function("close", |bencher| {
        bencher.iter(|| fused::run(black_box(&opens), &closes, FillAt::Close).max_drawdown);
    });
    group.bench_function("next open", |bencher| {
        bencher.iter(|| fused::run(black_box(&opens), &closes, FillAt::NextOpen).max_drawdown);
    });
    group.finish();
}

criterion_group!(benches, fused_pass);
criterion_main!(benches);
