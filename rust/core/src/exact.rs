//! Doubles of a state as JSON: numbers as they are, and words for what JSON has no number for.
//!
//! `#[serde(with = "exact")]` does so for a field, [`Exact`] for what is in lists. Which of the many NaNs it was is not kept.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A double that is the same as another when its bits are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exact(pub f64);

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() || (self.0.is_nan() && other.0.is_nan())
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

/// Writes a double.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        value if value.is_finite() => serializer.serialize_f64(*value),
        value if value.is_nan() => serializer.serialize_str("nan"),
        value => serializer.serialize_str(if *value > 0.0 { "inf" } else { "-inf" }),
    }
}

/// Reads a double.
///
/// # Errors
/// What is neither a number nor one of the words.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    deserializer.deserialize_any(Double)
}

/// `#[serde(with = "exact::pair")]`: two doubles.
pub mod pair {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Exact;

    /// Writes two doubles.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(&(one, other): &(f64, f64), serializer: S) -> Result<S::Ok, S::Error> {
        (Exact(one), Exact(other)).serialize(serializer)
    }

    /// Reads two doubles.
    ///
    /// # Errors
    /// As for one.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(f64, f64), D::Error> {
        <(Exact, Exact)>::deserialize(deserializer).map(|(one, other)| (one.0, other.0))
    }
}

struct Double;

impl Visitor<'_> for Double {
    type Value = f64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, \"nan\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<f64, E> {
        match word {
            "nan" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_double_comes_back(bits in any::<u64>()) {
            let given = Exact(f64::from_bits(bits));
            let read: Exact = serde_json::from_str(&serde_json::to_string(&given).unwrap()).unwrap();
            prop_assert_eq!(read, given);
        }
    }

    #[test]
    fn what_is_no_number_has_a_word() {
        for (value, text) in [(f64::NAN, "\"nan\""), (f64::INFINITY, "\"inf\""), (-0.0, "-0.0"), (5.0, "5.0")] {
            assert_eq!(serde_json::to_string(&Exact(value)).unwrap(), text);
            assert_eq!(serde_json::from_str::<Exact>(text).unwrap(), Exact(value));
        }
        let error = serde_json::from_str::<Exact>("\"many\"").unwrap_err().to_string();
        assert!(error.starts_with("invalid value: string \"many\", expected a number, \"nan\""), "{error}");
    }
}
