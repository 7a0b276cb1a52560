//! What is wrong with a rule: where, why, and what may have been meant.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// One fault of a rule's text. A text is read to its end, so that all of its faults come at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The rule's name; `indicators.NAME` for a named indicator, `NAME.indicator1` for a part of a structured rule.
    pub rule: String,
    /// The text that [`Fault::span`] points into.
    pub text: String,
    /// The byte range of `text` at fault.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead, where that can be guessed.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault at `span`, not yet placed in a rule.
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { rule: String::new(), text: String::new(), span, message: message.into(), hint: None }
    }

    /// Adds advice.
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the near miss of `word` among `known`, if there is one.
    pub(super) fn with_near_miss<'a>(mut self, word: &str, known: impl Iterator<Item = &'a str>) -> Self {
        if let Some(found) = nearest(word, known) {
            self.hint = Some(format!("did you mean `{found}`?"));
        }
        self
    }

    /// Says which rule, and the text that the span points into.
    pub(super) fn placed(mut self, rule: &str, text: &str) -> Self {
        rule.clone_into(&mut self.rule);
        text.clone_into(&mut self.text);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at {}..{}: {}", self.rule, self.span.start, self.span.end, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(out, " (hint: {hint})"))
    }
}

impl std::error::Error for Fault {}

/// The known word closest to `word`, case aside: at most a third of its letters differ, or it is the beginning.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = word.chars().count() / 3;
    let cost = |candidate: &str| {
        let begins = word.len() >= 3 && candidate.starts_with(&word);
        if begins { 1 } else { distance(&word, &candidate.to_lowercase()) }
    };
    let scored = known.map(|candidate| (cost(candidate), candidate));
    scored.filter(|(cost, _)| *cost <= most).min_by_key(|(cost, _)| *cost).map(|(_, candidate)| candidate)
}

/// Edit distance with transpositions of neighbours counted once (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<_>>()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let changed = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut cost = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                cost = cost.min(rows[i - 2][j - 2] + 1);
            }
            row.push(cost);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_swaps() {
        for (left, right, cost) in [("", "abc", 3), ("close", "clsoe", 1), ("rsi", "rsi", 0), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(left, right), cost, "{left} {right}");
            assert_eq!(distance(right, left), cost, "{right} {left}");
        }
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        let known = ["close", "open", "strength"];
        assert_eq!(nearest("stregnth", known.into_iter()), Some("strength"));
        assert_eq!(nearest("Close", known.into_iter()), Some("close"));
        assert_eq!(nearest("stre", known.into_iter()), Some("strength"));
        for word in ["banana", "is", ""] {
            assert_eq!(nearest(word, known.into_iter()), None);
        }
    }
}
