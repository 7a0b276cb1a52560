//! The floors of the comparisons `bars` and `sweep`: times bare loops and prints the same JSON as the other contestants.
//!
//! `floor [sweep] FOLDER --runs N`, where FOLDER holds the columns `open` and `close` as little-endian f64, and for `sweep`
//! the periods `pairs` as little-endian i64, fast and slow in turn.

mod fused;
mod lanes;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fused::{FillAt, Outcome};
use lanes::{End, Pair};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

/// Which loop is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Bars,
    Sweep,
}

/// Threads of the sweep.
const THREADS: usize = 2;
/// The first bar on whose close the reference of the sweep decides, whatever the periods.
const REFERENCE_FIRST: usize = 25;

type Columns = Map<String, Value>;

fn main() -> Result<(), Box<dyn Error>> {
    let (work, folder, runs) = arguments()?;
    let (opens, closes) = (column(&folder, "open")?, column(&folder, "close")?);
    if closes.is_empty() || opens.len() != closes.len() {
        return Err(format!("{} opens and {} closes", opens.len(), closes.len()).into());
    }
    match work {
        Work::Bars => {
            let run = |fill_at| fused::run(&opens, &closes, fill_at);
            measure(
                runs,
                || run(FillAt::NextOpen),
                |outcome, answer, columns| {
                    describe(&outcome, "", answer, columns);
                    describe(&run(FillAt::Close), "close.", answer, columns);
                },
            )
        }
        Work::Sweep => {
            let pairs = pairs(&folder)?;
            let reference: Vec<Pair> = pairs.iter().map(|pair| Pair { first: REFERENCE_FIRST, ..*pair }).collect();
            let run = |pairs: &[Pair], fill_at| lanes::run(&opens, &closes, pairs, fill_at, THREADS);
            measure(
                runs,
                || run(&pairs, FillAt::NextOpen),
                |ends, answer, columns| {
                    tell(&ends, "", answer, columns);
                    tell(&run(&pairs, FillAt::Close), "close.", answer, columns);
                    tell(&run(&reference, FillAt::Close), "reference.", answer, columns);
                },
            )
        }
    }
}

/// Times `work` and prints the report, whose answer `describe` makes of the last outcome.
fn measure<T>(
    runs: usize,
    work: impl Fn() -> T,
    describe: impl FnOnce(T, &mut Columns, &mut Columns),
) -> Result<(), Box<dyn Error>> {
    let start = processor_time();
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    let first = timed(&work);
    let mut outcome = first.2;
    for _ in 0..runs {
        drop(outcome);
        let (cpu_time, wall_time, next) = timed(&work);
        cpu.push(cpu_time.as_secs_f64());
        wall.push(wall_time.as_secs_f64());
        outcome = next;
    }
    let peak_mb = peak_mb()?;
    let (mut answer, mut columns) = (Map::new(), Map::new());
    describe(outcome, &mut answer, &mut columns);
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

fn arguments() -> Result<(Work, PathBuf, usize), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [folder, flag, runs] if flag == "--runs" => Ok((Work::Bars, folder.into(), runs.parse()?)),
        [work, folder, flag, runs] if work == "sweep" && flag == "--runs" => {
            Ok((Work::Sweep, folder.into(), runs.parse()?))
        }
        _ => Err("usage: floor [sweep] FOLDER --runs N".into()),
    }
}

/// The pairs of periods; each decides from the bar on which its slow period is full.
fn pairs(folder: &Path) -> Result<Vec<Pair>, Box<dyn Error>> {
    let bytes = std::fs::read(folder.join("pairs"))?;
    let (values, rest) = bytes.as_chunks::<16>();
    if values.is_empty() || !rest.is_empty() {
        return Err(format!("pairs: {} bytes are no whole number of pairs", bytes.len()).into());
    }
    let period = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).unwrap_or_default();
    let pair = |bytes: &[u8; 16]| (period(&bytes[..8]), period(&bytes[8..]));
    let first = |slow: i64| usize::try_from(slow - 1).unwrap_or_default();
    Ok(values.iter().map(pair).map(|(fast, slow)| Pair { fast, slow, first: first(slow) }).collect())
}

fn column(folder: &Path, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = std::fs::read(folder.join(name))?;
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(format!("column {name}: {} bytes are no whole number of f64", bytes.len()).into());
    }
    Ok(values.iter().map(|value| f64::from_le_bytes(*value)).collect())
}

fn timed<T>(work: impl Fn() -> T) -> (Duration, Duration, T) {
    let (wall, cpu) = (Instant::now(), processor_time());
    let outcome = std::hint::black_box(work());
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

fn tell(ends: &[End], prefix: &str, answer: &mut Columns, columns: &mut Columns) {
    let logs: f64 = ends.iter().map(|(equity, _)| equity.ln()).sum();
    answer.insert(format!("{prefix}log_equity"), json!(logs));
    answer.insert(format!("{prefix}orders"), json!(ends.iter().map(|(_, orders)| orders).sum::<u64>()));
    columns.insert(format!("{prefix}equity"), ends.iter().map(|(equity, _)| json!(equity)).collect());
    columns.insert(format!("{prefix}orders"), ends.iter().map(|(_, orders)| json!(orders)).collect());
}
