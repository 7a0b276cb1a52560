//! Columns to a CSV file: floats as their shortest text that reads back to the same bits, written aside, then renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Text is handed to the file whenever this much has gathered.
const CHUNK_BYTES: usize = 1 << 18;

/// One column of a CSV file.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// Numbers; NaN becomes an empty cell.
    Float(&'a [f64]),
    /// Whole numbers, times in ns among them.
    Integer(&'a [i64]),
    /// Indices into names.
    Label {
        /// One index a row.
        codes: &'a [u32],
        /// The text of each index.
        names: &'a [String],
    },
}

impl Column<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Label { codes, .. } => codes.len(),
        }
    }
}

/// Why a file was not written; nothing is left behind then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CsvError {
    /// As many names as columns are needed.
    #[error("{names} names for {columns} columns")]
    Names {
        /// Names given.
        names: usize,
        /// Columns given.
        columns: usize,
    },
    /// Columns differ in length.
    #[error("column {name} has {got} rows where {expected} are expected")]
    Length {
        /// The odd column.
        name: String,
        /// Its rows.
        got: usize,
        /// The rows of the first column.
        expected: usize,
    },
    /// An index has no name.
    #[error("column {name}, row {row}: {code} has no label (there are {labels})")]
    Label {
        /// The column.
        name: String,
        /// Its first offending row.
        row: usize,
        /// The index.
        code: u32,
        /// How many labels there are.
        labels: usize,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file that was to be written.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Writes a header line and one line a row (RFC 4180, lines ending in a bare line feed) to `path`.
///
/// A reader sees the old file or the whole new one. The file is not synced to disk: a run can be written again.
///
/// # Errors
/// Columns that do not fit together, a label out of range, or the system's refusal to write.
pub fn write_csv(path: &Path, names: &[String], columns: &[Column<'_>]) -> Result<(), CsvError> {
    check(names, columns)?;
    let failed = |source| CsvError::Io { path: path.to_owned(), source };
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}.partial", std::process::id()));
    let aside = PathBuf::from(aside);
    let written = File::create(&aside)
        .and_then(|mut file| write_rows(&mut file, names, columns))
        .and_then(|()| fs::rename(&aside, path));
    written.map_err(|source| {
        // The first error is the one to tell; a leftover that cannot be removed changes nothing.
        let _ = fs::remove_file(&aside);
        failed(source)
    })
}

fn check(names: &[String], columns: &[Column<'_>]) -> Result<(), CsvError> {
    if names.len() != columns.len() {
        return Err(CsvError::Names { names: names.len(), columns: columns.len() });
    }
    let expected = columns.first().map_or(0, Column::len);
    for (name, column) in names.iter().zip(columns) {
        if column.len() != expected {
            return Err(CsvError::Length { name: name.clone(), got: column.len(), expected });
        }
        if let Column::Label { codes, names: labels } = column
            && let Some(row) = codes.iter().position(|&code| code as usize >= labels.len())
        {
            return Err(CsvError::Label { name: name.clone(), row, code: codes[row], labels: labels.len() });
        }
    }
    Ok(())
}

fn write_rows(out: &mut impl Write, names: &[String], columns: &[Column<'_>]) -> io::Result<()> {
    let mut text = Vec::with_capacity(CHUNK_BYTES + 4_096);
    for (index, name) in names.iter().enumerate() {
        separate(&mut text, index);
        quote(&mut text, name);
    }
    text.push(b'\n');
    let (mut whole, mut real) = (itoa::Buffer::new(), zmij::Buffer::new());
    for row in 0..columns.first().map_or(0, Column::len) {
        for (index, column) in columns.iter().enumerate() {
            separate(&mut text, index);
            match column {
                Column::Float(values) if values[row].is_nan() => {}
                Column::Float(values) => text.extend_from_slice(real.format(values[row]).as_bytes()),
                Column::Integer(values) => text.extend_from_slice(whole.format(values[row]).as_bytes()),
                Column::Label { codes, names } => quote(&mut text, &names[codes[row] as usize]),
            }
        }
        text.push(b'\n');
        if text.len() >= CHUNK_BYTES {
            out.write_all(&text)?;
            text.clear();
        }
    }
    out.write_all(&text)
}

fn separate(text: &mut Vec<u8>, index: usize) {
    if index > 0 {
        text.push(b',');
    }
}

/// Quoted only where the text would otherwise end the cell.
fn quote(text: &mut Vec<u8>, cell: &str) {
    if cell.contains(['"', ',', '\n', '\r']) {
        text.push(b'"');
        text.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
        text.push(b'"');
    } else {
        text.extend_from_slice(cell.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_of(names: &[&str], columns: &[Column<'_>]) -> String {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut out = Vec::new();
        write_rows(&mut out, &names, columns).expect("memory takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let labels = ["plain".to_owned(), "a \"b\", c".to_owned()];
        let columns = [
            Column::Integer(&[1, -2]),
            Column::Float(&[0.1, f64::NAN]),
            Column::Label { codes: &[1, 0], names: &labels },
        ];
        let text = text_of(&["ts", "x,y", "why"], &columns);
        assert_eq!(text, "ts,\"x,y\",why\n1,0.1,\"a \"\"b\"\", c\"\n-2,,plain\n");
    }

    #[test]
    fn faults_are_told_before_anything_is_written() {
        let path = Path::new("/nowhere/at/all.csv");
        let name = ["a".to_owned(), "b".to_owned()];
        let told = |columns: &[Column<'_>]| write_csv(path, &name, columns).expect_err("a fault").to_string();
        assert_eq!(told(&[Column::Float(&[])]), "2 names for 1 columns");
        let columns = [Column::Float(&[1.0]), Column::Integer(&[])];
        assert_eq!(told(&columns), "column b has 0 rows where 1 are expected");
        let columns = [Column::Float(&[1.0]), Column::Label { codes: &[3], names: &[] }];
        assert_eq!(told(&columns), "column b, row 0: 3 has no label (there are 0)");
        assert!(told(&[Column::Float(&[]), Column::Float(&[])]).starts_with("/nowhere/at/all.csv: "));
    }

    proptest! {
        #[test]
        fn floats_read_back_to_the_same_bits(values in prop::collection::vec(any::<f64>(), 0..50)) {
            let text = text_of(&["x"], &[Column::Float(&values)]);
            let read: Vec<f64> = text.lines().skip(1).map(|s| s.parse().unwrap_or(f64::NAN)).collect();
            prop_assert_eq!(read.len(), values.len());
            for (got, expected) in read.iter().zip(&values) {
                prop_assert!(got.to_bits() == expected.to_bits() || (got.is_nan() && expected.is_nan()));
            }
        }
    }
}
