//! Times as days. Knows nothing of what they mean.

/// The day of a time in seconds since 1970, in UTC.
pub fn date(seconds: i64) -> String {
    // Howard Hinnant's civil_from_days.
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The same to the second, as RFC 3339 has it.
pub fn moment(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    let (hours, minutes) = (of_day / 3_600, of_day / 60 % 60);
    format!("{}T{hours:02}:{minutes:02}:{:02}Z", date(seconds), of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::{date, moment};

    #[test]
    fn moments_are_moments() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(1_663_938_462), "2022-09-23T13:07:42Z");
    }

    #[test]
    fn days_are_days() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(1_663_938_462), "2022-09-23");
        assert_eq!(date(951_782_400), "2000-02-29");
    }
}
