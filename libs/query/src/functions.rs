//! Rules of the domain as SQL functions: `wilson_lower(k, n)`, `wilson_upper(k, n)`, `cell_status(n)`,
//! `period_label(period, period_end)`, `period_ends(period, first_day, last_day)`, `reliability(n)`; and
//! `baseline_mean`, `baseline_z`, `baseline_ratio` of `(value, n, …)`, where [`EARLIER`] values of earlier periods follow.

use crate::columns::{date_of, day_number};
use arrow::array::{Array as _, ArrayRef, AsArray, Date32Builder, Float64Array, ListBuilder, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Field, Float64Type, Int64Type};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use std::sync::Arc;
use tidemark_domain::{CellStatus, Period, PeriodKind, Proportion, Reliability};
use tidemark_surveillance::prevalence::baseline::{self, Baseline, Comparison};

/// How many earlier values a value is compared with.
pub(crate) const EARLIER: usize = 8;

/// All of them.
pub(crate) fn functions() -> Vec<ScalarUDF> {
    let rules = [
        Rule::WilsonLower,
        Rule::WilsonUpper,
        Rule::CellStatus,
        Rule::PeriodLabel,
        Rule::PeriodEnds,
        Rule::Reliability,
        Rule::BaselineMean,
        Rule::BaselineZ,
        Rule::BaselineRatio,
    ];
    rules.into_iter().map(|rule| ScalarUDF::new_from_impl(DomainFunction::new(rule))).collect()
}

/// The values that a row of `series` is compared with, the nearest first, as columns `earlier_1`, `earlier_2`, … over the
/// window `own`: the column `trusted` of its series in the order of time, of which there is one row for every period.
pub(crate) fn earlier_columns() -> String {
    let lags = |kind| baseline::Rule::of(kind).lags().take(EARLIER);
    let column = |(name, (days, weeks)): (usize, (usize, usize))| {
        let [days, weeks] = [days, weeks].map(|lag| format!("lag(trusted, {lag}) OVER own"));
        format!("CASE WHEN period = 'day' THEN {days} ELSE {weeks} END AS earlier_{name}")
    };
    let columns = (1..).zip(lags(PeriodKind::Day).zip(lags(PeriodKind::Epiweek))).map(column);
    columns.collect::<Vec<_>>().join(", ")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    WilsonLower,
    WilsonUpper,
    CellStatus,
    PeriodLabel,
    PeriodEnds,
    Reliability,
    BaselineMean,
    BaselineZ,
    BaselineRatio,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DomainFunction {
    rule: Rule,
    signature: Signature,
}

impl DomainFunction {
    fn new(rule: Rule) -> Self {
        let arguments = match rule {
            Rule::WilsonLower | Rule::WilsonUpper => vec![DataType::Int64, DataType::Int64],
            Rule::CellStatus | Rule::Reliability => vec![DataType::Int64],
            Rule::PeriodLabel => vec![DataType::Utf8, DataType::Date32],
            Rule::PeriodEnds => vec![DataType::Utf8, DataType::Date32, DataType::Date32],
            Rule::BaselineMean | Rule::BaselineZ | Rule::BaselineRatio => {
                let earlier = std::iter::repeat_n(DataType::Float64, EARLIER);
                [DataType::Float64, DataType::Int64].into_iter().chain(earlier).collect()
            }
        };
        Self { rule, signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

fn integers(column: &ArrayRef) -> Result<impl Iterator<Item = Option<u64>>> {
    let column = cast(column, &DataType::Int64)?;
    let values: Vec<_> = column.as_primitive::<Int64Type>().iter().collect();
    Ok(values.into_iter().map(|value| value.and_then(|value| u64::try_from(value).ok())))
}

fn wilson(columns: &[ArrayRef], bound: impl Fn((f64, f64)) -> f64) -> Result<ArrayRef> {
    let pairs = integers(&columns[0])?.zip(integers(&columns[1])?);
    let bounds = pairs.map(|(k, n)| Proportion { k: k?, n: n? }.wilson().map(&bound));
    Ok(Arc::new(bounds.collect::<Float64Array>()))
}

fn kinds(column: &ArrayRef) -> Result<Vec<Option<PeriodKind>>> {
    let column = cast(column, &DataType::Utf8)?;
    Ok(column.as_string::<i32>().iter().map(|code| code.and_then(PeriodKind::from_code)).collect())
}

fn labels(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let ends = columns[1].as_primitive::<Date32Type>();
    let labels = kinds(&columns[0])?.into_iter().zip(ends);
    Ok(Arc::new(
        labels.map(|(kind, end)| Some(Period { kind: kind?, end: date_of(end?)? }.label())).collect::<StringArray>(),
    ))
}

/// The end of every period that holds a day between the first and the last.
fn ends(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let (first, last) = (columns[1].as_primitive::<Date32Type>(), columns[2].as_primitive::<Date32Type>());
    let mut ends = ListBuilder::new(Date32Builder::new());
    for ((kind, first), last) in kinds(&columns[0])?.into_iter().zip(first).zip(last) {
        if let (Some(kind), Some(first), Some(last)) = (kind, first.and_then(date_of), last.and_then(date_of)) {
            let step = if kind == PeriodKind::Day { 1 } else { 7 };
            let last = day_number(Period::holding(kind, last).end);
            let mut end = day_number(Period::holding(kind, first).end);
            while end <= last {
                ends.values().append_value(end);
                end += step;
            }
        }
        ends.append(true);
    }
    Ok(Arc::new(ends.finish()))
}

/// A number of each row beside its baseline: its value, the units behind it, and earlier values.
fn compared(columns: &[ArrayRef], number: impl Fn(&Comparison) -> Option<f64>) -> Result<ArrayRef> {
    let units: Vec<Option<u64>> = integers(&columns[1])?.collect();
    let floats = |column: &ArrayRef| cast(column, &DataType::Float64);
    let (values, earlier) = (floats(&columns[0])?, columns[2..].iter().map(floats).collect::<Result<Vec<_>, _>>()?);
    let at =
        |column: &ArrayRef, row: usize| column.is_valid(row).then(|| column.as_primitive::<Float64Type>().value(row));
    let numbers = units.iter().enumerate().map(|(row, units)| {
        let before: Vec<f64> = earlier.iter().filter_map(|column| at(column, row)).collect();
        number(&Comparison::of(Baseline::of(&before), at(&values, row), *units))
    });
    Ok(Arc::new(numbers.collect::<Float64Array>()))
}

impl ScalarUDFImpl for DomainFunction {
    fn name(&self) -> &str {
        match self.rule {
            Rule::WilsonLower => "wilson_lower",
            Rule::WilsonUpper => "wilson_upper",
            Rule::CellStatus => "cell_status",
            Rule::PeriodLabel => "period_label",
            Rule::PeriodEnds => "period_ends",
            Rule::Reliability => "reliability",
            Rule::BaselineMean => "baseline_mean",
            Rule::BaselineZ => "baseline_z",
            Rule::BaselineRatio => "baseline_ratio",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.rule {
            Rule::WilsonLower | Rule::WilsonUpper | Rule::BaselineMean | Rule::BaselineZ | Rule::BaselineRatio => {
                DataType::Float64
            }
            Rule::CellStatus | Rule::PeriodLabel | Rule::Reliability => DataType::Utf8,
            Rule::PeriodEnds => DataType::List(Arc::new(Field::new("item", DataType::Date32, true))),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns: Vec<ArrayRef> =
            args.args.into_iter().map(|value| value.into_array(rows)).collect::<Result<_>>()?;
        if columns.len() != self.signature.type_signature.get_example_types()[0].len() {
            return Err(exec_datafusion_err!("wrong number of arguments for {}", self.name()));
        }
        Ok(ColumnarValue::Array(match self.rule {
            Rule::WilsonLower => wilson(&columns, |(lower, _)| lower)?,
            Rule::WilsonUpper => wilson(&columns, |(_, upper)| upper)?,
            Rule::CellStatus => {
                let status = integers(&columns[0])?.map(|n| CellStatus::of(n.unwrap_or_default()).code());
                Arc::new(StringArray::from_iter_values(status))
            }
            Rule::PeriodLabel => labels(&columns)?,
            Rule::PeriodEnds => ends(&columns)?,
            Rule::Reliability => {
                let word = |n: Option<u64>| n.map(|n| Reliability::of(n).code());
                Arc::new(integers(&columns[0])?.map(word).collect::<StringArray>())
            }
            Rule::BaselineMean => compared(&columns, |beside| beside.baseline.map(|baseline| baseline.mean))?,
            Rule::BaselineZ => compared(&columns, |beside| beside.z)?,
            Rule::BaselineRatio => compared(&columns, |beside| beside.ratio)?,
        }))
    }
}
