//! Values as they come from Ansible: where its user wrote `k=v`, all of them are strings.

use std::fmt::Display;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Yes or no, in the words that Ansible takes for them.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let word = match &value {
        Value::Bool(flag) => return Ok(*flag),
        Value::String(word) => word.to_lowercase(),
        other => other.to_string(),
    };
    match word.as_str() {
        "yes" | "on" | "true" | "1" | "y" | "t" => Ok(true),
        "no" | "off" | "false" | "0" | "n" | "f" => Ok(false),
        _ => Err(D::Error::custom(format!("yes or no is possible, and not {value}"))),
    }
}

/// A word, also where it looks like a number.
pub(super) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(word) => Ok(Some(word)),
        Value::Number(number) => Ok(Some(number.to_string())),
        other => Err(D::Error::custom(format!("a word is needed, and not {other}"))),
    }
}

/// A number of seconds.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let word = word(deserializer)?.unwrap_or_default();
    word.parse().map(Some).map_err(|_| D::Error::custom(format!("a number of seconds is needed, and not {word}")))
}

/// A list, or its entries with commas between them.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(words) => Ok(words.split(',').map(str::trim).map(str::to_owned).collect()),
        other => again(other),
    }
}

/// A dictionary, or its JSON.
pub(super) fn table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Map<String, Value>>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => serde_json::from_str(&text).map(Some).map_err(reason),
        other => again(other).map(Some),
    }
}

fn again<T: DeserializeOwned, E: serde::de::Error>(value: Value) -> Result<T, E> {
    serde_json::from_value(value).map_err(reason)
}

fn reason<E: serde::de::Error>(error: impl Display) -> E {
    E::custom(error)
}
