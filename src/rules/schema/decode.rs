//! How levels, conditions and predicates are written in a rule file. An unknown word is an
//! error that says which words there are.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Condition, Flags, Graded, Predicate};

impl<'de, T: Deserialize<'de> + Clone> Deserialize<'de> for Graded<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Clone> Visitor<'de> for V<T> {
            type Value = Graded<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a level, or a list of `{ level, when }` that ends with a level")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Graded<T>, E> {
                let level = T::deserialize(de::value::StrDeserializer::<E>::new(text))?;
                Ok(Graded { cases: Vec::new(), otherwise: level })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Graded<T>, A::Error> {
                #[derive(Deserialize)]
                #[serde(untagged)]
                enum Step<T> {
                    Level(T),
                    Case { level: T, when: Condition },
                }
                let mut cases = Vec::new();
                while let Some(step) = seq.next_element::<Step<T>>()? {
                    match step {
                        Step::Case { level, when } => cases.push((level, when)),
                        Step::Level(otherwise) => return Ok(Graded { cases, otherwise }),
                    }
                }
                Err(de::Error::custom("the list must end with a level that holds otherwise"))
            }
        }
        input.deserialize_any(V(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Flags {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Flags;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of settings to predicates")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flags, A::Error> {
                let mut flags = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    flags.push(entry);
                }
                Ok(Flags(flags))
            }
        }
        input.deserialize_map(V)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Condition;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of settings to predicates, or any, all, not, version, profile, kind, fact, port, mount, key")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    all.push(match key.as_str() {
                        "any" => Condition::Any(map.next_value()?),
                        "all" => Condition::All(map.next_value()?),
                        "not" => Condition::Not(map.next_value()?),
                        "version" => Condition::Version(map.next_value()?),
                        "profile" => Condition::Profile(map.next_value()?),
                        "kind" => Condition::Kind(map.next_value()?),
                        "fact" => Condition::Fact(map.next_value()?),
                        "port" => Condition::Port(map.next_value()?),
                        "mount" => Condition::Mount(map.next_value()?),
                        "key" => Condition::Key(map.next_value()?),
                        path if path.contains('.') => {
                            Condition::Setting(path.to_owned(), map.next_value()?)
                        }
                        other => {
                            return Err(de::Error::custom(format!(
                                "unknown word `{other}` in a condition: expected a setting's path, or any, all, not, version, profile, kind, fact, port, mount, key"
                            )));
                        }
                    });
                }
                Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
            }
        }
        input.deserialize_map(V)
    }
}

const WORDS: &str = "unset, empty, default, placeholder, example-domain, misshapen, reference, inline, held-by, equals, in, matches, contains, first, at-least, below, host, scheme, any, all, not";

impl<'de> Deserialize<'de> for Predicate {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Predicate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a predicate: {WORDS}")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Predicate, E> {
                Ok(match word {
                    "unset" => Predicate::Unset,
                    "empty" => Predicate::Empty,
                    "default" => Predicate::Default,
                    "placeholder" => Predicate::Placeholder,
                    "example-domain" => Predicate::ExampleDomain,
                    "misshapen" => Predicate::Misshapen,
                    "reference" => Predicate::Reference,
                    "inline" => Predicate::Inline,
                    other => {
                        return Err(E::custom(format!(
                            "unknown predicate `{other}`: expected one of {WORDS}"
                        )));
                    }
                })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Predicate, A::Error> {
                let mut any = Vec::new();
                while let Some(predicate) = seq.next_element()? {
                    any.push(predicate);
                }
                Ok(Predicate::Any(any))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Predicate, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    all.push(match key.as_str() {
                        "equals" => Predicate::Equals(map.next_value::<OneOrMany>()?.0),
                        "in" => Predicate::In(map.next_value()?),
                        "matches" => Predicate::Matches(map.next_value()?),
                        "contains" => Predicate::Contains(map.next_value()?),
                        "first" => Predicate::First(map.next_value()?),
                        "at-least" => Predicate::AtLeast(map.next_value()?),
                        "below" => Predicate::Below(map.next_value()?),
                        "held-by" => Predicate::HeldBy(map.next_value()?),
                        "host" => Predicate::Host(map.next_value()?),
                        "scheme" => Predicate::Scheme(map.next_value()?),
                        "any" => Predicate::Any(map.next_value()?),
                        "all" => Predicate::All(map.next_value()?),
                        "not" => Predicate::Not(map.next_value()?),
                        other => {
                            return Err(de::Error::custom(format!(
                                "unknown predicate `{other}`: expected one of {WORDS}"
                            )));
                        }
                    });
                }
                Ok(if all.len() == 1 { all.remove(0) } else { Predicate::All(all) })
            }
        }
        input.deserialize_any(V)
    }
}

/// A text or a list of texts; booleans and numbers count as what they look like.
struct OneOrMany(Vec<String>);

/// One of them.
struct Scalar(String);

struct OfScalar;

impl Visitor<'_> for OfScalar {
    type Value = Scalar;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a boolean or a whole number")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(OfScalar)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a boolean, a whole number, or a list of them")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
                OfScalar.visit_str(text).map(one)
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<OneOrMany, E> {
                OfScalar.visit_bool(value).map(one)
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<OneOrMany, E> {
                OfScalar.visit_i64(value).map(one)
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<OneOrMany, E> {
                OfScalar.visit_u64(value).map(one)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
                let mut texts = Vec::new();
                while let Some(Scalar(text)) = seq.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMany(texts))
            }
        }
        fn one(Scalar(text): Scalar) -> OneOrMany {
            OneOrMany(vec![text])
        }
        input.deserialize_any(V)
    }
}
