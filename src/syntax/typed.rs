//! A YAML tree as a typed value, through serde. An error knows the characters that it is about.
//! Knows nothing of what the types mean.

use std::fmt;
use std::ops::Range;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

use super::yaml::{Node, Style};

/// Why a tree is not what was expected, and where.
#[derive(Debug)]
pub struct TypeError {
    /// The characters; none where the innermost node is not known yet.
    range: Option<Range<usize>>,
    /// In words. A value of the file is in it only as a name in backticks.
    pub message: String,
}

impl TypeError {
    /// The characters that it is about.
    pub fn range(&self) -> Range<usize> {
        self.range.clone().unwrap_or(0..0)
    }

    /// At a node, unless a node within it is to blame already.
    fn at(mut self, node: Node<'_>) -> Self {
        self.range.get_or_insert_with(|| node.content_range());
        self
    }

    fn says(message: String) -> Self {
        TypeError { range: None, message }
    }
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypeError {}

/// What was found, without its value.
fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Unit | Unexpected::Option => "nothing",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a mapping",
        _ => "something else",
    }
}

impl de::Error for TypeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        TypeError::says(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        TypeError::says(format!("expected {expected}, found {}", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        TypeError::says(format!("expected {expected}, found another {}", kind(found)))
    }

    fn unknown_variant(word: &str, expected: &'static [&'static str]) -> Self {
        TypeError::says(format!("unknown word `{word}`: expected one of {}", expected.join(", ")))
    }

    fn unknown_field(word: &str, expected: &'static [&'static str]) -> Self {
        if expected.is_empty() {
            return TypeError::says(format!("unknown key `{word}`: none is expected here"));
        }
        TypeError::says(format!("unknown key `{word}`: expected one of {}", expected.join(", ")))
    }

    fn missing_field(word: &'static str) -> Self {
        TypeError::says(format!("`{word}` is missing here"))
    }
}

/// The value of a node.
pub fn read<T: DeserializeOwned>(node: Node<'_>) -> Result<T, TypeError> {
    T::deserialize(Reader(node))
}

#[derive(Clone, Copy)]
struct Reader<'t>(Node<'t>);

impl<'t> Reader<'t> {
    fn plain(self) -> Option<&'t str> {
        let is_plain = self.0.style() == Some(Style::Plain) && self.0.tag().is_none();
        is_plain.then(|| self.0.text()).flatten()
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = TypeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        let node = self.0.resolved();
        let result = if node.is_map() {
            visitor.visit_map(Pairs {
                list: node.pairs().into_iter(),
                value: None,
                seen: Vec::new(),
            })
        } else if node.is_seq() {
            visitor.visit_seq(Items(node.items().into_iter()))
        } else if node.is_null() {
            visitor.visit_unit()
        } else {
            match self.plain() {
                Some("true") => visitor.visit_bool(true),
                Some("false") => visitor.visit_bool(false),
                Some(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (_, Ok(number)) if text.starts_with(|c: char| c.is_ascii_digit()) => {
                        visitor.visit_f64(number)
                    }
                    _ => visitor.visit_str(text),
                },
                None => visitor.visit_str(node.text().unwrap_or("")),
            }
        };
        result.map_err(|error| error.at(node))
    }

    /// Whoever wants a text gets what is written.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        match self.0.text() {
            Some(text) if !self.0.is_null() => {
                visitor.visit_str(text).map_err(|error: TypeError| error.at(self.0))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeError> {
        visitor.visit_enum(Word(self.0)).map_err(|error| error.at(self.0))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct ignored_any
    }
}

/// A word that stands for one of several.
struct Word<'t>(Node<'t>);

impl<'de> EnumAccess<'de> for Word<'_> {
    type Error = TypeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), TypeError> {
        let Some(text) = self.0.text() else {
            return Err(TypeError::says("expected a word, found a list or a mapping".into()));
        };
        let word: StrDeserializer<'_, TypeError> = text.into_deserializer();
        Ok((seed.deserialize(word)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'_> {
    type Error = TypeError;

    fn unit_variant(self) -> Result<(), TypeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, TypeError> {
        Err(TypeError::says("this word takes no value".into()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, TypeError> {
        Err(TypeError::says("this word takes no value".into()))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, TypeError> {
        Err(TypeError::says("this word takes no value".into()))
    }
}

struct Items<'t>(std::vec::IntoIter<Node<'t>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = TypeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypeError> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(Reader(node)).map(Some).map_err(|error| error.at(node))
    }
}

struct Pairs<'t> {
    list: std::vec::IntoIter<(Node<'t>, Node<'t>)>,
    value: Option<Node<'t>>,
    seen: Vec<&'t str>,
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = TypeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TypeError> {
        let Some((key, value)) = self.list.next() else { return Ok(None) };
        let name = key.text().unwrap_or("");
        if self.seen.contains(&name) {
            return Err(TypeError::says(format!("`{name}` is written twice")).at(key));
        }
        self.seen.push(name);
        self.value = Some(value);
        seed.deserialize(Reader(key)).map(Some).map_err(|error| error.at(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypeError> {
        let Some(node) = self.value.take() else {
            return Err(TypeError::says("a value without a key".into()));
        };
        seed.deserialize(Reader(node)).map_err(|error| error.at(node))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::super::yaml;
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Form {
        name: String,
        level: Level,
        #[serde(default)]
        on: bool,
        maybe: Option<u32>,
        #[serde(default)]
        sets: BTreeMap<String, Vec<String>>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        Low,
        High,
    }

    fn form(text: &str) -> Result<Form, TypeError> {
        let tree = yaml::parse(text);
        read(tree.documents().next().unwrap())
    }

    #[test]
    fn a_tree_becomes_what_it_says() {
        let text = "name: 12\nlevel: high\non: true\nmaybe: 3\nsets: {a: [x, \"1\"]}\n";
        let sets = BTreeMap::from([("a".to_owned(), vec!["x".to_owned(), "1".to_owned()])]);
        let expected =
            Form { name: "12".into(), level: Level::High, on: true, maybe: Some(3), sets };
        assert_eq!(form(text).unwrap(), expected);
    }

    #[test]
    fn an_error_knows_its_characters_and_keeps_values_to_itself() {
        for (text, under, said) in [
            ("name: a\nlevel: hihg\n", "hihg", "unknown word `hihg`: expected one of low, high"),
            ("name: a\nlevle: high\n", "levle", "unknown key `levle`"),
            ("name: a\nlevel: low\non: hunter2\n", "hunter2", "expected a boolean, found a text"),
            ("name: [a]\nlevel: low\n", "[a]", "expected a string, found a list"),
            ("name: a\nname: b\nlevel: low\n", "name", "`name` is written twice"),
            ("name: a\nlevel: low\nsets: {a: {b: c}}\n", "{b: c}", "found a mapping"),
        ] {
            let error = form(text).unwrap_err();
            assert_eq!(&text[error.range()], under, "{}", error.message);
            assert!(error.message.contains(said), "{}", error.message);
        }
    }
}
