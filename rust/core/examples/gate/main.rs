//! The Rust side of the comparison `gate`, timed; prints the JSON of a contestant.
//!
//! Every limit is set, every intent passes, and its order ends; then the kill switch is pulled while every processor is kept
//! busy twice over by gates of its own.
//!
//! `gate CONTESTANT FOLDER --runs N`: the contestant's name is how many instruments there are; the folder's file `intents`
//! says how many intents.

use std::error::Error;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tradenode_core::orders::{Intent, OrderKind, Reason, Side};
use tradenode_core::risk::{Kill, Market, RiskBook, RiskSpec};

const USAGE: &str = "usage: gate INSTRUMENTS FOLDER --runs N";
/// So many orders are open when the kill switch is pulled.
const OPEN: usize = 500;
/// From intent to intent: slow enough for every pace.
const STEP_NS: i64 = 1_000_000_000;
/// So many threads a processor stand in the way of the kill switch.
const LOAD: usize = 2;
/// Intents of the load between looks at whether it may end.
const SLICE: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [instruments, folder, flag, runs] = words.as_slice() else { return Err(USAGE.into()) };
    if flag != "--runs" {
        return Err(USAGE.into());
    }
    let folder = Path::new(folder);
    let intents = std::fs::read_to_string(folder.join("intents"))?.trim().parse()?;
    let spec: RiskSpec = serde_json::from_slice(&std::fs::read(folder.join(format!("{instruments}.json")))?)?;
    println!("{}", measure(&spec, intents, runs.parse()?)?);
    Ok(())
}

fn measure(spec: &RiskSpec, intents: usize, runs: usize) -> Result<Value, Box<dyn Error>> {
    let (mut cpu, mut wall, mut approved, mut kill) = (Vec::new(), Vec::new(), 0, Duration::ZERO);
    for _ in 0..=runs {
        let mut book = prepared(spec)?;
        let (begun, before) = (Instant::now(), processor_time());
        approved = std::hint::black_box(pass(&mut book, intents)?);
        cpu.push((processor_time() - before).as_secs_f64());
        wall.push(begun.elapsed().as_secs_f64());
        kill = kill.max(under_load(spec, || killed(&mut book))?);
    }
    Ok(json!({
        "cpu_s": &cpu[1..], "wall_s": &wall[1..], "first_cpu_s": cpu[0], "first_wall_s": wall[0], "start_cpu_s": 0.0,
        "peak_mb": 0.0, "version": null, "answer": {"approved": approved, "kill_ms": kill.as_secs_f64() * 1e3}, "columns": {},
    }))
}

/// Every instrument held, with orders open on both sides.
fn prepared(spec: &RiskSpec) -> Result<RiskBook, Box<dyn Error>> {
    let mut book = RiskBook::new(spec)?;
    let count = spec.instruments.len();
    book.set_account(1_000_000 * book.scale().one(), &vec![(3, 1_000); count])?;
    for instrument in 0..count {
        book.on_market(instrument, Market::quoted(999, 1_001, 0))?;
    }
    book.mark(0)?;
    for instrument in 0..count {
        for (side, price) in [(Side::Buy, 990), (Side::Sell, 1_010)] {
            let intent = limit(instrument, side, 1, price);
            let now = -STEP_NS * (1 + instrument as i64 + count as i64 * side as i64);
            book.check(&intent, now, None)?.map_err(|refusal| format!("{refusal:?}"))?;
        }
    }
    Ok(book)
}

const fn limit(instrument: usize, side: Side, lots: i64, price: i64) -> Intent {
    let (kind, reason) = (OrderKind::Limit(price), Reason::Strategy);
    Intent { instrument, side, lots, kind, reduce_only: false, reason }
}

/// One intent after another, each approved, its order ended at once; how many were approved.
fn pass(book: &mut RiskBook, intents: usize) -> Result<u64, Box<dyn Error>> {
    let (count, mut approved) = (book.instruments().len(), 0);
    for number in 0..intents {
        let lots = 4 + (number % 3) as i64;
        let intent = limit(number % count, Side::Buy, lots, 995 - (number % 5) as i64);
        // The market moves on with the intents, so that its quotes are fresh.
        let now = number as i64 * STEP_NS / 100;
        if number % 256 == 0 {
            (0..count).try_for_each(|each| book.on_market(each, Market::quoted(999, 1_001, now)))?;
        }
        if let Ok(order) = book.check(std::hint::black_box(&intent), now, None)? {
            approved += 1;
            book.on_end(order.id())?;
        }
    }
    Ok(approved)
}

/// `work` while other threads check intents as fast as they can.
fn under_load<T>(spec: &RiskSpec, work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<T, Box<dyn Error>> {
    let threads = LOAD * thread::available_parallelism()?.get();
    let (ready, over) = (Barrier::new(threads + 1), AtomicBool::new(false));
    let busy = || -> Result<(), String> {
        let book = prepared(spec).map_err(|error| error.to_string());
        ready.wait();
        let mut book = book?;
        while !over.load(Ordering::Relaxed) {
            pass(&mut book, SLICE).map_err(|error| error.to_string())?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let load: Vec<_> = (0..threads).map(|_| scope.spawn(busy)).collect();
        ready.wait();
        let done = work();
        over.store(true, Ordering::Relaxed);
        for thread in load {
            thread.join().map_err(|_| "a thread of the load panicked")??;
        }
        done
    })
}

/// From the word to the last cancel of 500 open orders, wall time.
fn killed(book: &mut RiskBook) -> Result<Duration, Box<dyn Error>> {
    let now = i64::MAX / 2;
    book.on_market(0, Market::quoted(999, 1_001, now))?;
    while book.open_orders().len() < OPEN {
        let number = book.open_orders().len() as i64;
        // Each a millisecond after the other, and none like the last.
        let exit = Intent { reduce_only: true, ..limit(0, Side::Sell, 1 + number % 3, 1_002 + number) };
        book.check(&exit, now + number * 1_000_000, None)?.map_err(|refusal| format!("{refusal:?}"))?;
    }
    let begun = Instant::now();
    book.kill(Kill::Flatten, "benchmark", "a drill", now);
    let (cancels, _) = book.kill_step(now)?;
    let took = begun.elapsed();
    if cancels.len() != OPEN { Err(format!("{} cancels", cancels.len()).into()) } else { Ok(took) }
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
