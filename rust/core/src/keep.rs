//! States as rows of words: what is walked through in one order to be written is walked through in the same to be read.
//!
//! For what has to go on to the last bit: doubles are kept by their bits, whichever NaN they are.

use serde::{Deserialize, Serialize};

/// A state, on its way into words or out of them.
#[derive(Debug)]
pub struct Store {
    words: Vec<u64>,
    /// The word to be read next; `None` while it is written.
    next: Option<usize>,
    /// Whether a word was missing.
    broken: bool,
}

/// A state's words, with what tells that they are whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    words: Vec<u64>,
    checksum: u32,
}

/// What has a state that can be walked through.
pub trait Keep {
    /// Writes the state or takes it over, whichever the store is for. What does not change is not part of it.
    fn keep(&mut self, store: &mut Store);
}

impl Kept {
    /// The state of something.
    pub fn of<K: Keep + ?Sized>(state: &mut K) -> Self {
        let mut store = Store { words: Vec::new(), next: None, broken: false };
        state.keep(&mut store);
        Self { checksum: checksum(&store.words), words: store.words }
    }

    /// Puts something back into the state, which was that of its like. False where the words are not whole, or not as many:
    /// it must not be used then.
    #[must_use]
    pub fn put_back<K: Keep + ?Sized>(self, state: &mut K) -> bool {
        if self.checksum != checksum(&self.words) {
            return false;
        }
        let mut store = Store { words: self.words, next: Some(0), broken: false };
        state.keep(&mut store);
        !store.broken && store.next == Some(store.words.len())
    }
}

fn checksum(words: &[u64]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    words.iter().for_each(|word| hasher.update(&word.to_le_bytes()));
    hasher.finalize()
}

impl Store {
    /// Writes a word, or gives the one that was written in its place.
    fn word(&mut self, word: u64) -> u64 {
        let Some(next) = &mut self.next else {
            self.words.push(word);
            return word;
        };
        let Some(&found) = self.words.get(*next) else {
            self.broken = true;
            return word;
        };
        *next += 1;
        found
    }

    /// The same for how many items follow; none where there are not so many words.
    fn count(&mut self, count: usize) -> usize {
        let found = self.word(count as u64);
        let left = self.next.map_or(u64::MAX, |next| (self.words.len() - next) as u64);
        if found > left {
            self.broken = true;
            return 0;
        }
        found as usize
    }
}

impl Keep for f64 {
    fn keep(&mut self, store: &mut Store) {
        *self = Self::from_bits(store.word(self.to_bits()));
    }
}

impl Keep for bool {
    fn keep(&mut self, store: &mut Store) {
        *self = store.word(u64::from(*self)) != 0;
    }
}

macro_rules! whole {
    ($($type:ty),+) => {
        $(impl Keep for $type {
            fn keep(&mut self, store: &mut Store) {
                // Back from the word that it was made of.
                *self = store.word(*self as u64) as Self;
            }
        })+
    };
}

whole!(u8, u32, u64, i64, usize);

impl<T: Keep, const N: usize> Keep for [T; N] {
    fn keep(&mut self, store: &mut Store) {
        self.iter_mut().for_each(|item| item.keep(store));
    }
}

macro_rules! tuple {
    ($($type:ident $place:tt),+) => {
        impl<$($type: Keep),+> Keep for ($($type,)+) {
            fn keep(&mut self, store: &mut Store) {
                $(self.$place.keep(store);)+
            }
        }

        impl<$($type: Blank),+> Blank for ($($type,)+) {
            fn blank() -> Self {
                ($($type::blank(),)+)
            }
        }
    };
}

tuple!(T 0, U 1);
tuple!(T 0, U 1, V 2);

impl<T: Keep + Blank> Keep for Vec<T> {
    fn keep(&mut self, store: &mut Store) {
        let count = store.count(self.len());
        self.resize_with(count, T::blank);
        self.iter_mut().for_each(|item| item.keep(store));
    }
}

impl<T: Keep + Blank> Keep for Option<T> {
    fn keep(&mut self, store: &mut Store) {
        let mut some = self.is_some();
        some.keep(store);
        if some {
            self.get_or_insert_with(T::blank).keep(store);
        } else {
            *self = None;
        }
    }
}

/// What is there before it is read.
pub trait Blank {
    /// Anything at all.
    fn blank() -> Self;
}

impl Blank for f64 {
    fn blank() -> Self {
        0.0
    }
}

impl Blank for i64 {
    fn blank() -> Self {
        0
    }
}

impl Blank for u64 {
    fn blank() -> Self {
        0
    }
}

impl<T: Blank, const N: usize> Blank for [T; N] {
    fn blank() -> Self {
        std::array::from_fn(|_| T::blank())
    }
}

/// Says which fields are a type's state: `kept!(Kama { values, moves })`, `kept!([F] Lagged<F> { past })`.
macro_rules! kept {
    ([$($generics:tt)*] $type:ty { $($field:tt),* $(,)? }) => {
        impl<$($generics)*> $crate::keep::Keep for $type {
            fn keep(&mut self, store: &mut $crate::keep::Store) {
                $($crate::keep::Keep::keep(&mut self.$field, store);)*
            }
        }
    };
    ($type:ident { $($field:tt),* $(,)? }) => { $crate::keep::kept!([] $type { $($field),* }); };
}
pub(crate) use kept;

#[cfg(test)]
mod tests {
    use super::*;

    struct Made(f64, Vec<[f64; 2]>, Option<u64>, bool, i64);

    kept!(Made { 0, 1, 2, 3, 4 });

    fn bits(made: &Made) -> (u64, usize, Option<u64>, bool, i64) {
        (made.0.to_bits(), made.1.len(), made.2, made.3, made.4)
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is_taken() {
        let mut made = Made(f64::NAN, vec![[1.0, -0.0], [2.0, f64::INFINITY]], Some(7), true, -5);
        let kept = Kept::of(&mut made);
        let fresh = || Made(0.0, Vec::new(), None, false, 0);
        let mut other = fresh();
        assert!(kept.clone().put_back(&mut other));
        assert_eq!((bits(&other), other.1[1]), (bits(&made), made.1[1]));
        let read: Kept = serde_json::from_slice(&serde_json::to_vec(&kept).unwrap()).unwrap();
        assert_eq!(read, kept);
        let mut turned = kept.clone();
        turned.words[1] = 1;
        assert!(!turned.put_back(&mut fresh()));
        let mut short = kept;
        short.words.pop();
        short.checksum = checksum(&short.words);
        assert!(!short.put_back(&mut fresh()));
    }
}
