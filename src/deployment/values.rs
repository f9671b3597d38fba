//! What all settings of the catalogue resolve to. A run may hold very many, and of those that a
//! deployment does not have, nothing is kept.
//! Knows nothing of what a value is.

use std::sync::LazyLock;

use super::catalogue::SettingId;
use super::value::{State, Value};

static ABSENT: LazyLock<Value> = LazyLock::new(Value::absent);

/// Marks a setting that is absent.
const NOWHERE: u16 = u16::MAX;

/// A value for each setting.
pub struct Values {
    /// Where each setting's value stands among those that are there.
    places: Box<[u16]>,
    there: Vec<Value>,
}

impl FromIterator<Value> for Values {
    /// From the values of all settings, in the order of the catalogue.
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let values = values.into_iter();
        let mut there = Vec::with_capacity(values.size_hint().0);
        let place = |mut value: Value| {
            if value.state == State::Absent {
                return NOWHERE;
            }
            value.origin.steps.shrink_to_fit();
            there.push(value);
            u16::try_from(there.len() - 1).unwrap_or(NOWHERE)
        };
        let places = values.map(place).collect();
        there.shrink_to_fit();
        Values { places, there }
    }
}

impl Values {
    /// What a setting resolves to.
    pub fn get(&self, id: SettingId) -> &Value {
        self.there.get(usize::from(self.places[id.0])).unwrap_or(&ABSENT)
    }

    /// Puts another value in its place, and gives back what was there.
    pub fn replace(&mut self, id: SettingId, value: Value) -> Value {
        let place = &mut self.places[id.0];
        if *place == NOWHERE {
            *place = u16::try_from(self.there.len()).unwrap_or(NOWHERE);
            // Few come later.
            self.there.reserve_exact(8);
            self.there.push(Value::absent());
        }
        std::mem::replace(&mut self.there[usize::from(*place)], value)
    }

    /// All of them, in the order of the catalogue.
    pub fn iter(&self) -> impl Iterator<Item = (SettingId, &Value)> {
        (0..self.places.len()).map(SettingId).map(|id| (id, self.get(id)))
    }
}
