//! The floor of the comparison `bars`: times the bare fused pass and prints the same JSON as the other contestants.
//!
//! `floor FOLDER --runs N`, where FOLDER holds the columns `open` and `close` as little-endian f64.

mod fused;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fused::{FillAt, Outcome};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let (folder, runs) = arguments()?;
    let (opens, closes) = (column(&folder, "open")?, column(&folder, "close")?);
    if closes.is_empty() || opens.len() != closes.len() {
        return Err(format!("{} opens and {} closes", opens.len(), closes.len()).into());
    }
    let start = processor_time();
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    let first = timed(&opens, &closes);
    let mut outcome = first.2;
    for _ in 0..runs {
        drop(outcome);
        let (cpu_time, wall_time, next) = timed(&opens, &closes);
        cpu.push(cpu_time.as_secs_f64());
        wall.push(wall_time.as_secs_f64());
        outcome = next;
    }
    let peak_mb = peak_mb()?;
    let (mut answer, mut columns) = (Map::new(), Map::new());
    describe(&outcome, "", &mut answer, &mut columns);
    describe(&fused::run(&opens, &closes, FillAt::Close), "close.", &mut answer, &mut columns);
    let report = json!({
        "start_cpu_s": start.as_secs_f64(),
        "first_cpu_s": first.0.as_secs_f64(),
        "first_wall_s": first.1.as_secs_f64(),
        "cpu_s": cpu,
        "wall_s": wall,
        "peak_mb": peak_mb,
        "answer": answer,
        "columns": columns,
    });
    println!("{report}");
    Ok(())
}

fn arguments() -> Result<(PathBuf, usize), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [folder, flag, runs] if flag == "--runs" => Ok((folder.into(), runs.parse()?)),
        _ => Err("usage: floor FOLDER --runs N".into()),
    }
}

fn column(folder: &Path, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = std::fs::read(folder.join(name))?;
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(format!("column {name}: {} bytes are no whole number of f64", bytes.len()).into());
    }
    Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
}

fn timed(opens: &[f64], closes: &[f64]) -> (Duration, Duration, Outcome) {
    let (wall, cpu) = (Instant::now(), processor_time());
    let outcome = std::hint::black_box(fused::run(opens, closes, FillAt::NextOpen));
    (processor_time() - cpu, wall.elapsed(), outcome)
}

/// The CPU time of this process so far, user and system.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The most memory held so far, in MB, as Linux counts it.
fn peak_mb() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("VmHWM without a number")?.parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}

fn describe(outcome: &Outcome, prefix: &str, answer: &mut Map<String, Value>, columns: &mut Map<String, Value>) {
    let fills = &outcome.fills;
    let sold = fills.iter().filter(|fill| fill.side < 0).count();
    let mut number = |name: &str, value: Value| answer.insert(format!("{prefix}{name}"), value);
    number("equity", json!(outcome.equity.last()));
    number("max_drawdown", json!(outcome.max_drawdown));
    number("orders", json!(fills.len()));
    number("closed_trades", json!(sold));
    number("open_trades", json!(fills.len() - 2 * sold));
    let mut column = |name: &str, values: Value| columns.insert(format!("{prefix}{name}"), values);
    column("bar", fills.iter().map(|fill| fill.bar).collect());
    column("side", fills.iter().map(|fill| fill.side).collect());
    column("price", fills.iter().map(|fill| fill.price).collect());
    column("quantity", fills.iter().map(|fill| fill.quantity).collect());
}
