//! The Rust side of the comparison `book`: one book on one stream, timed; prints the JSON of a contestant.
//!
//! `book CONTESTANT FOLDER --runs N`

mod array_book;
mod stream;
mod tree_book;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use array_book::ArrayBook;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use stream::{Levels, Stream, describe, play};
use tradenode_core::book::Book;
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
