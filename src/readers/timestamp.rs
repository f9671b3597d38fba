//! A date as Compose's YAML library reads it from a plain scalar, and as Go prints it.
//! Knows nothing of nodes.

/// The text that a plain date or time becomes; None if the library takes it for a text.
pub(super) fn go_text(written: &str) -> Option<String> {
    if !written.is_ascii() || written.find('-') != Some(4) {
        return None;
    }
    let (date, time) = match written.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (written, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4..=4)?;
    let month = number(parts.next()?, 1..=2)?;
    let day = number(parts.next()?, 1..=2)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || day == 0 || day > days {
        return None;
    }
    let (clock, zone) = match time {
        None => ("00:00:00".to_owned(), None),
        Some(time) if date.len() < written.len() && written[date.len()..].starts_with(' ') => {
            (clock(time)?, None)
        }
        // With a `T` there is always a zone.
        Some(time) => {
            let at = time.find(['Z', '+', '-'])?;
            (clock(&time[..at])?, offset(&time[at..])?)
        }
    };
    let zone = zone.map_or("+0000 UTC".to_owned(), |zone| format!("{zone} {zone}"));
    Some(format!("{year:04}-{month:02}-{day:02} {clock} {zone}"))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let fits = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// `9:5:7.50` is `09:05:07.5`.
fn clock(text: &str) -> Option<String> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let parts: Vec<&str> = whole.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let (hour, minute, second) =
        (number(hour, 1..=2)?, number(minute, 1..=2)?, number(second, 1..=2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = fraction[..fraction.len().min(9)].trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{hour:02}:{minute:02}:{second:02}{point}{fraction}"))
}

/// `-05:00` is `-0500`; none for the zone that all count from.
fn offset(text: &str) -> Option<Option<String>> {
    if text == "Z" {
        return Some(None);
    }
    let (hours, minutes) = text[1..].split_once(':')?;
    let (hour, minute) = (number(hours, 2..=2)?, number(minutes, 2..=2)?);
    if text.starts_with('Z') || hour > 23 || minute > 59 {
        return None;
    }
    let is_zero = hour == 0 && minute == 0;
    Some((!is_zero).then(|| format!("{}{hours}{minutes}", &text[..1])))
}

#[cfg(test)]
mod tests {
    use super::go_text;

    /// As Compose 5.6.1 prints them with `config`.
    #[test]
    fn dates_are_printed_as_go_does() {
        for (written, printed) in [
            ("2024-01-31", "2024-01-31 00:00:00 +0000 UTC"),
            ("2024-1-3", "2024-01-03 00:00:00 +0000 UTC"),
            ("2024-01-31T10:20:30Z", "2024-01-31 10:20:30 +0000 UTC"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.1 -0500 -0500"),
            ("2001-12-14 21:59:43", "2001-12-14 21:59:43 +0000 UTC"),
            ("2024-01-31T10:20:30.123456789Z", "2024-01-31 10:20:30.123456789 +0000 UTC"),
        ] {
            assert_eq!(go_text(written).as_deref(), Some(printed), "{written}");
        }
    }

    #[test]
    fn what_is_no_date_stays_a_text() {
        for written in [
            "2001-12-14 21:59:43.10 -5",
            "2024-01-31T10:20",
            "2024-01-31 10:20:30+02:00",
            "2024-13-01",
            "2023-02-29",
            "20240131",
            "3b0d-5b7e-2222",
            "2024-",
            "2024-01-31T10:20:30",
            "2024-01-31T10:20:30Z01:00",
            "2024-01-31 ",
        ] {
            assert_eq!(go_text(written), None, "{written}");
        }
    }
}
