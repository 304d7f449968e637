//! Rules of the domain as SQL functions: `wilson_lower(k, n)`, `wilson_upper(k, n)`, `cell_status(n)`,
//! `period_label(period, period_end)`, `period_ends(period, first_day, last_day)`.

use crate::columns::{date_of, day_number};
use arrow::array::{ArrayRef, AsArray, Date32Builder, Float64Array, ListBuilder, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use std::sync::Arc;
use tidemark_domain::{CellStatus, Period, PeriodKind, Proportion};

/// All of them.
pub(crate) fn functions() -> Vec<ScalarUDF> {
    [Rule::WilsonLower, Rule::WilsonUpper, Rule::CellStatus, Rule::PeriodLabel, Rule::PeriodEnds]
        .into_iter()
        .map(|rule| ScalarUDF::new_from_impl(DomainFunction::new(rule)))
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    WilsonLower,
    WilsonUpper,
    CellStatus,
    PeriodLabel,
    PeriodEnds,
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
            Rule::CellStatus => vec![DataType::Int64],
            Rule::PeriodLabel => vec![DataType::Utf8, DataType::Date32],
            Rule::PeriodEnds => vec![DataType::Utf8, DataType::Date32, DataType::Date32],
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

impl ScalarUDFImpl for DomainFunction {
    fn name(&self) -> &str {
        match self.rule {
            Rule::WilsonLower => "wilson_lower",
            Rule::WilsonUpper => "wilson_upper",
            Rule::CellStatus => "cell_status",
            Rule::PeriodLabel => "period_label",
            Rule::PeriodEnds => "period_ends",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.rule {
            Rule::WilsonLower | Rule::WilsonUpper => DataType::Float64,
            Rule::CellStatus | Rule::PeriodLabel => DataType::Utf8,
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
        }))
    }
}
