//! Columns of answers, as Rust values.

use crate::Error;
use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Field, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt16Type,
};
use jiff::{Timestamp, ToSpan, civil::Date};
use std::sync::Arc;

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The date that lies so many days after 1970-01-01.
pub(crate) fn date_of(days: i32) -> Option<Date> {
    EPOCH.checked_add(days.days()).ok()
}

/// Days since 1970-01-01.
#[must_use]
pub fn day_number(date: Date) -> i32 {
    (date - EPOCH).get_days()
}

/// One batch, whose columns are taken by name.
pub(crate) struct Columns<'a>(pub(crate) &'a RecordBatch);

impl Columns<'_> {
    pub(crate) fn of(&self, column: &'static str, wanted: &DataType) -> Result<ArrayRef, Error> {
        let array = self.0.column_by_name(column).ok_or(Error::Value { column })?;
        Ok(cast(array, wanted)?)
    }

    pub(crate) fn texts(&self, column: &'static str) -> Result<Vec<Option<String>>, Error> {
        let array = self.of(column, &DataType::Utf8)?;
        Ok(array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
    }

    pub(crate) fn keys(&self, column: &'static str) -> Result<Vec<String>, Error> {
        required(self.texts(column)?, column)
    }

    pub(crate) fn integers(&self, column: &'static str) -> Result<Vec<Option<u64>>, Error> {
        let array = self.of(column, &DataType::Int64)?;
        Ok(array
            .as_primitive::<Int64Type>()
            .iter()
            .map(|value| value.and_then(|value| value.try_into().ok()))
            .collect())
    }

    pub(crate) fn counts(&self, column: &'static str) -> Result<Vec<u64>, Error> {
        required(self.integers(column)?, column)
    }

    pub(crate) fn numbers(&self, column: &'static str) -> Result<Vec<Option<f64>>, Error> {
        let array = self.of(column, &DataType::Float64)?;
        Ok(array.as_primitive::<Float64Type>().iter().collect())
    }

    pub(crate) fn dates(&self, column: &'static str) -> Result<Vec<Option<Date>>, Error> {
        let array = self.of(column, &DataType::Date32)?;
        Ok(array.as_primitive::<Date32Type>().iter().map(|day| day.and_then(date_of)).collect())
    }

    pub(crate) fn days(&self, column: &'static str) -> Result<Vec<Date>, Error> {
        required(self.dates(column)?, column)
    }

    pub(crate) fn instants(&self, column: &'static str) -> Result<Vec<Option<Timestamp>>, Error> {
        let array = self.of(column, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
        let array = array.as_primitive::<TimestampMicrosecondType>();
        Ok(array.iter().map(|us| us.and_then(|us| Timestamp::from_microsecond(us).ok())).collect())
    }

    pub(crate) fn number_lists(&self, column: &'static str) -> Result<Vec<Vec<f64>>, Error> {
        let lists = self.lists(column, DataType::Float64)?;
        Ok((0..lists.len()).map(|row| lists.value(row).as_primitive::<Float64Type>().values().to_vec()).collect())
    }

    /// Lists of ranks; a list that is absent is empty.
    pub(crate) fn rank_lists(&self, column: &'static str) -> Result<Vec<Vec<u16>>, Error> {
        let ranks = |list: ArrayRef| list.as_primitive::<UInt16Type>().values().to_vec();
        Ok(self.lists(column, DataType::UInt16)?.iter().map(|list| list.map(ranks).unwrap_or_default()).collect())
    }

    /// Lists of texts; a list that is absent is empty.
    pub(crate) fn text_lists(&self, column: &'static str) -> Result<Vec<Vec<String>>, Error> {
        let texts =
            |list: ArrayRef| -> Vec<String> { list.as_string::<i32>().iter().flatten().map(str::to_owned).collect() };
        Ok(self.lists(column, DataType::Utf8)?.iter().map(|list| list.map(texts).unwrap_or_default()).collect())
    }

    /// Lists of days; a list that is absent is empty.
    pub(crate) fn day_lists(&self, column: &'static str) -> Result<Vec<Vec<Date>>, Error> {
        let days = |list: ArrayRef| -> Vec<Date> {
            list.as_primitive::<Date32Type>().iter().flatten().filter_map(date_of).collect()
        };
        Ok(self.lists(column, DataType::Date32)?.iter().map(|list| list.map(days).unwrap_or_default()).collect())
    }

    fn lists(&self, column: &'static str, item: DataType) -> Result<ListArray, Error> {
        let item = Arc::new(Field::new("element", item, true));
        Ok(self.of(column, &DataType::List(item))?.as_list::<i32>().clone())
    }
}

/// Every value, or the fault that one is missing.
pub(crate) fn required<T>(values: Vec<Option<T>>, column: &'static str) -> Result<Vec<T>, Error> {
    values.into_iter().collect::<Option<_>>().ok_or(Error::Value { column })
}

/// The batch with exactly these columns: answers come with string views and nullability of their own.
pub(crate) fn conform(batch: &RecordBatch, schema: &arrow::datatypes::SchemaRef) -> Result<RecordBatch, Error> {
    let columns = schema.fields().iter().map(|field| {
        let array = batch.column_by_name(field.name()).ok_or(Error::Value { column: "computed cells" })?;
        Ok(cast(array, field.data_type())?)
    });
    Ok(RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, Error>>()?)?)
}
