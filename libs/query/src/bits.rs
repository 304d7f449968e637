//! Sets of markers as bits, and what SQL does with them. A hundred markers of a post are sixteen bytes, so that a
//! question over every marker is one pass and not a hundred.
//!
//! `markers_answered(scores…)` and `markers_present(names)` make a set, `bits_union` joins the sets of a group,
//! `bits_count` counts for each marker in how many sets of the group it is, `marker_names` reads a set.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanArray, ListArray, ListBuilder, StringBuilder,
    UInt32Array,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, UInt32Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, EmitTo, GroupsAccumulator, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Functions for these markers, whose order numbers the bits.
pub(crate) fn scalar_functions(markers: &[String]) -> Vec<ScalarUDF> {
    [SetFunction::Answered, SetFunction::Present, SetFunction::Names]
        .into_iter()
        .map(|function| ScalarUDF::new_from_impl(MarkerSets::new(function, markers)))
        .collect()
}

/// `bits_union` and `bits_count`.
pub(crate) fn aggregate_functions() -> Vec<AggregateUDF> {
    vec![
        AggregateUDF::new_from_impl(BitsAggregate::new(Fold::Union)),
        AggregateUDF::new_from_impl(BitsAggregate::new(Fold::Count)),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum SetFunction {
    Answered,
    Present,
    Names,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MarkerSets {
    function: SetFunction,
    signature: Signature,
    markers: Vec<String>,
}

impl MarkerSets {
    fn new(function: SetFunction, markers: &[String]) -> Self {
        let signature = match function {
            SetFunction::Answered => Signature::variadic_any(Volatility::Immutable),
            SetFunction::Present | SetFunction::Names => Signature::any(1, Volatility::Immutable),
        };
        Self { function, signature, markers: markers.to_vec() }
    }

    fn width_bytes(&self) -> usize {
        self.markers.len().div_ceil(8).max(1)
    }

    fn answered(&self, columns: &[ArrayRef], rows: usize) -> ArrayRef {
        let width = self.width_bytes();
        let mut bytes = vec![0_u8; rows * width];
        for (bit, column) in columns.iter().enumerate().take(self.markers.len()) {
            for row in 0..rows {
                bytes[row * width + bit / 8] |= u8::from(column.is_valid(row)) << (bit % 8);
            }
        }
        sets(&bytes, width)
    }

    fn present(&self, names: &ArrayRef) -> Result<ArrayRef> {
        let wanted = DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)));
        let names = cast(names, &wanted)?;
        let names = names.as_list::<i32>();
        let bit_of: HashMap<&str, usize> =
            self.markers.iter().enumerate().map(|(bit, marker)| (marker.as_str(), bit)).collect();
        let width = self.width_bytes();
        let mut bytes = vec![0_u8; names.len() * width];
        let values = names.values().as_string::<i32>();
        for row in 0..names.len() {
            if names.is_null(row) {
                continue;
            }
            let (from, to) = (names.value_offsets()[row] as usize, names.value_offsets()[row + 1] as usize);
            for value in from..to {
                if let Some(bit) = bit_of.get(values.value(value)) {
                    bytes[row * width + bit / 8] |= 1 << (bit % 8);
                }
            }
        }
        Ok(sets(&bytes, width))
    }

    fn names(&self, sets: &ArrayRef) -> Result<ArrayRef> {
        let sets = cast(sets, &DataType::Binary)?;
        let mut names = ListBuilder::new(StringBuilder::new());
        for set in sets.as_binary::<i32>() {
            for (bit, marker) in self.markers.iter().enumerate() {
                if set.is_some_and(|set| set.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)) {
                    names.values().append_value(marker);
                }
            }
            names.append(true);
        }
        Ok(Arc::new(names.finish()))
    }
}

fn sets(bytes: &[u8], width: usize) -> ArrayRef {
    Arc::new(BinaryArray::from_iter_values(bytes.chunks_exact(width)))
}

impl ScalarUDFImpl for MarkerSets {
    fn name(&self) -> &str {
        match self.function {
            SetFunction::Answered => "markers_answered",
            SetFunction::Present => "markers_present",
            SetFunction::Names => "marker_names",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.function {
            SetFunction::Answered | SetFunction::Present => DataType::Binary,
            SetFunction::Names => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns: Vec<ArrayRef> =
            args.args.into_iter().map(|value| value.into_array(rows)).collect::<Result<_>>()?;
        Ok(ColumnarValue::Array(match self.function {
            SetFunction::Answered => self.answered(&columns, rows),
            SetFunction::Present => self.present(&columns[0])?,
            SetFunction::Names => self.names(&columns[0])?,
        }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fold {
    Union,
    Count,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct BitsAggregate {
    fold: Fold,
    signature: Signature,
}

impl BitsAggregate {
    fn new(fold: Fold) -> Self {
        Self { fold, signature: Signature::exact(vec![DataType::Binary], Volatility::Immutable) }
    }
}

fn counts_type() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::UInt32, false)))
}

impl AggregateUDFImpl for BitsAggregate {
    fn name(&self) -> &str {
        match self.fold {
            Fold::Union => "bits_union",
            Fold::Count => "bits_count",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.fold {
            Fold::Union => DataType::Binary,
            Fold::Count => counts_type(),
        })
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}_state", args.name), args.return_type().clone(), true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Single(self.fold.groups())))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(self.fold.groups())
    }
}

impl Fold {
    fn groups(self) -> Box<dyn GroupsAccumulator + Sync> {
        match self {
            Self::Union => Box::<Unions>::default(),
            Self::Count => Box::<Counts>::default(),
        }
    }
}

/// A row for each group, all of one width, end to end. Grows to the widest row it meets.
#[derive(Debug, Default)]
struct Rows<T> {
    cells: Vec<T>,
    width: usize,
    groups: usize,
}

impl<T: Copy + Default> Rows<T> {
    fn make_room(&mut self, groups: usize, width: usize) {
        if width > self.width {
            let mut wider = vec![T::default(); self.groups * width];
            for group in 0..self.groups {
                let old = &self.cells[group * self.width..(group + 1) * self.width];
                wider[group * width..group * width + self.width].copy_from_slice(old);
            }
            self.cells = wider;
            self.width = width;
        }
        if groups > self.groups {
            self.groups = groups;
            self.cells.resize(groups * self.width, T::default());
        }
    }

    /// The rows that leave, and how many.
    fn take(&mut self, emit: EmitTo) -> (Vec<T>, usize) {
        match emit {
            EmitTo::All => (std::mem::take(&mut self.cells), std::mem::take(&mut self.groups)),
            EmitTo::First(count) => {
                let rest = self.cells.split_off(count * self.width);
                self.groups -= count;
                (std::mem::replace(&mut self.cells, rest), count)
            }
        }
    }
}

fn as_sets(values: &[ArrayRef]) -> Result<&BinaryArray> {
    values
        .first()
        .and_then(|column| column.as_binary_opt::<i32>())
        .ok_or_else(|| exec_datafusion_err!("a set of markers is binary"))
}

fn is_taken(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

fn widest(sets: &BinaryArray) -> usize {
    (0..sets.len()).map(|row| sets.value_length(row) as usize).max().unwrap_or_default()
}

#[derive(Debug, Default)]
struct Unions(Rows<u8>);

impl GroupsAccumulator for Unions {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        let sets = as_sets(values)?;
        self.0.make_room(total, widest(sets).max(1));
        for (row, group) in groups.iter().enumerate() {
            if sets.is_valid(row) && is_taken(filter, row) {
                let from = group * self.0.width;
                for (byte, more) in self.0.cells[from..].iter_mut().zip(sets.value(row)) {
                    *byte |= more;
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let width = self.0.width;
        let (cells, groups) = self.0.take(emit);
        let mut union = BinaryBuilder::with_capacity(groups, cells.len());
        for group in 0..groups {
            union.append_value(&cells[group * width..(group + 1) * width]);
        }
        Ok(Arc::new(union.finish()))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.update_batch(values, groups, None, total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        each_row(Self::default(), values, filter)
    }

    fn size(&self) -> usize {
        self.0.cells.capacity()
    }
}

#[derive(Debug, Default)]
struct Counts(Rows<u32>);

impl GroupsAccumulator for Counts {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        let sets = as_sets(values)?;
        self.0.make_room(total, widest(sets) * 8);
        for (row, group) in groups.iter().enumerate() {
            if sets.is_valid(row) && is_taken(filter, row) {
                let from = group * self.0.width;
                for (place, byte) in sets.value(row).iter().enumerate() {
                    let mut left = *byte;
                    while left != 0 {
                        self.0.cells[from + place * 8 + left.trailing_zeros() as usize] += 1;
                        left &= left - 1;
                    }
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let width = self.0.width;
        let (cells, groups) = self.0.take(emit);
        let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(width, groups));
        let item = Arc::new(Field::new("item", DataType::UInt32, false));
        let counts = UInt32Array::new(ScalarBuffer::from(cells), None);
        Ok(Arc::new(ListArray::try_new(item, offsets, Arc::new(counts), None)?))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        let counts = values
            .first()
            .and_then(|column| column.as_list_opt::<i32>())
            .ok_or_else(|| exec_datafusion_err!("counts are a list"))?;
        let width = (0..counts.len()).map(|row| counts.value_length(row) as usize).max().unwrap_or_default();
        self.0.make_room(total, width);
        let items = counts.values().as_primitive::<UInt32Type>().values();
        for (row, group) in groups.iter().enumerate() {
            if counts.is_valid(row) {
                let from = group * self.0.width;
                let (first, last) = (counts.value_offsets()[row] as usize, counts.value_offsets()[row + 1] as usize);
                for (cell, more) in self.0.cells[from..].iter_mut().zip(&items[first..last]) {
                    *cell += more;
                }
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        each_row(Self::default(), values, filter)
    }

    fn size(&self) -> usize {
        self.0.cells.capacity() * size_of::<u32>()
    }
}

/// The state in which every row is a group of its own.
fn each_row(
    mut fold: impl GroupsAccumulator,
    values: &[ArrayRef],
    filter: Option<&BooleanArray>,
) -> Result<Vec<ArrayRef>> {
    let rows = values.first().map_or(0, |column| column.len());
    let groups: Vec<usize> = (0..rows).collect();
    fold.update_batch(values, &groups, filter, rows)?;
    fold.state(EmitTo::All)
}

/// One group, for questions without any.
struct Single(Box<dyn GroupsAccumulator + Sync>);

impl std::fmt::Debug for Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Single")
    }
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |column| column.len());
        self.0.update_batch(values, &vec![0; rows], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.0.evaluate(EmitTo::All)?, 0)
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.state(EmitTo::All)?.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |column| column.len());
        self.0.merge_batch(states, &vec![0; rows], 1)
    }
}
