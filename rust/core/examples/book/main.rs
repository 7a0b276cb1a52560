//! The Rust side of the comparison `book`: one book on one stream, timed; prints the JSON of a contestant.
//!
//! `book CONTESTANT FOLDER --runs N`: contestants `ours`, `floor` and `btree` read the columns of a stream of levels from
//! the folder; `orders` and `orders_floor` make their messages themselves, as many as the folder's file `orders` says.

mod array_book;
mod bare_orders;
mod order_flow;
mod stream;
mod tree_book;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use array_book::ArrayBook;
use bare_orders::BareOrders;
use order_flow::Message;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use stream::{Levels, Stream, describe, play};
use tradenode_core::book::{Book, OrderBook};
use tradenode_core::orders::Side;
use tree_book::TreeBook;

/// A run's time and its answer.
type Timed = (Duration, Duration, Value);

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [contestant, folder, flag, runs] = words.as_slice() else { return Err(USAGE.into()) };
    if flag != "--runs" {
        return Err(USAGE.into());
    }
    let (folder, runs) = (PathBuf::from(folder), runs.parse()?);
    let report = match contestant.as_str() {
        "ours" => levels(Book::new(), &Stream::read(&folder)?, runs),
        "floor" => {
            let stream = Stream::read(&folder)?;
            levels(ArrayBook::covering(&stream), &stream, runs)
        }
        "btree" => levels(TreeBook::default(), &Stream::read(&folder)?, runs),
        "orders" => our_orders(&order_flow::generate(count(&folder)?), runs),
        "orders_floor" => bare_orders(&order_flow::generate(count(&folder)?), runs),
        _ => return Err(format!("unknown contestant {contestant}; {USAGE}").into()),
    };
    println!("{}", report?);
    Ok(())
}

const USAGE: &str = "usage: book CONTESTANT FOLDER --runs N";

/// A book is emptied before each run, untimed: it keeps the memory that it has taken.
fn levels<Book: Levels>(mut book: Book, stream: &Stream, runs: usize) -> Result<Value, Box<dyn Error>> {
    measure(runs, || {
        book.empty();
        let (wall, cpu) = (Instant::now(), processor_time());
        let seen = std::hint::black_box(play(&mut book, stream));
        (processor_time() - cpu, wall.elapsed(), describe(&book, seen))
    })
}

fn count(folder: &Path) -> Result<usize, Box<dyn Error>> {
    Ok(std::fs::read_to_string(folder.join("orders"))?.trim().parse()?)
}

fn our_orders(messages: &[Message], runs: usize) -> Result<Value, Box<dyn Error>> {
    let mut book = OrderBook::new();
    let best = |book: &OrderBook, side| book.best(side).map_or((0, 0), |level| (level.price, level.size));
    measure(runs, || {
        book.clear(None);
        timed_orders(
            messages,
            &mut book,
            order_flow::apply,
            |book| [Side::Buy, Side::Sell].map(|side| best(book, side)),
            |book| book.len(),
        )
    })
}

fn bare_orders(messages: &[Message], runs: usize) -> Result<Value, Box<dyn Error>> {
    let mut book = BareOrders::for_orders(messages.len());
    measure(runs, || {
        book.empty();
        timed_orders(messages, &mut book, BareOrders::apply, |book| [book.best(0), book.best(1)], BareOrders::count)
    })
}

/// Applies every message and reads both best levels after each.
fn timed_orders<Book>(
    messages: &[Message],
    book: &mut Book,
    apply: impl Fn(&mut Book, &Message),
    touch: impl Fn(&Book) -> [(i64, i64); 2],
    count: impl Fn(&Book) -> usize,
) -> Timed {
    let (wall, cpu, mut seen) = (Instant::now(), processor_time(), 0_u64);
    for message in messages {
        apply(book, message);
        for (price, size) in touch(book) {
            let touch = if size == 0 { 0 } else { (price as u64).wrapping_mul(31).wrapping_add(size as u64) };
            seen = seen.rotate_left(1) ^ touch;
        }
    }
    let times = (processor_time() - cpu, wall.elapsed());
    (times.0, times.1, json!({ "seen": format!("{seen:016x}"), "orders": count(book) }))
}

/// Runs once and then `runs` times more; the first is reported apart.
fn measure(runs: usize, mut run: impl FnMut() -> Timed) -> Result<Value, Box<dyn Error>> {
    let start = processor_time();
    let first = run();
    let (mut cpu, mut wall, mut answer) = (Vec::new(), Vec::new(), first.2);
    for _ in 0..runs {
        let (cpu_time, wall_time, next) = run();
        cpu.push(cpu_time.as_secs_f64());
        wall.push(wall_time.as_secs_f64());
        answer = next;
    }
    Ok(json!({
        "start_cpu_s": start.as_secs_f64(),
        "first_cpu_s": first.0.as_secs_f64(),
        "first_wall_s": first.1.as_secs_f64(),
        "cpu_s": cpu,
        "wall_s": wall,
        "peak_mb": peak_mb()?,
        "answer": answer,
        "columns": {},
    }))
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
