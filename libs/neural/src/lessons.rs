//! What a network learns from.

/// Rows of inputs with their answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Lessons {
    width: usize,
    targets: usize,
    inputs: Vec<f32>,
    answers: Vec<f32>,
    groups: Vec<u8>,
}

impl Lessons {
    /// None yet, of rows with `width` inputs and `targets` answers.
    #[must_use]
    pub fn new(width: usize, targets: usize) -> Self {
        Self { width, targets, inputs: Vec::new(), answers: Vec::new(), groups: Vec::new() }
    }

    /// Adds a row. Only rows of one `group` are mixed with each other. A row of another width, one with an input that
    /// is not finite, or one without any known answer teaches nothing and is left out.
    pub fn push(&mut self, group: u8, inputs: &[f32], answers: &[f32]) {
        let fits = inputs.len() == self.width && answers.len() == self.targets;
        if fits && inputs.iter().all(|input| input.is_finite()) && answers.iter().any(|answer| answer.is_finite()) {
            self.inputs.extend_from_slice(inputs);
            self.answers.extend_from_slice(answers);
            self.groups.push(group);
        }
    }

    /// Adds the rows of others of the same widths.
    pub fn append(&mut self, mut other: Self) {
        if (other.width, other.targets) == (self.width, self.targets) {
            self.inputs.append(&mut other.inputs);
            self.answers.append(&mut other.answers);
            self.groups.append(&mut other.groups);
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub(crate) const fn width(&self) -> usize {
        self.width
    }

    pub(crate) const fn targets(&self) -> usize {
        self.targets
    }

    pub(crate) fn inputs(&self, row: usize) -> &[f32] {
        &self.inputs[row * self.width..(row + 1) * self.width]
    }

    pub(crate) fn answers(&self, row: usize) -> &[f32] {
        &self.answers[row * self.targets..(row + 1) * self.targets]
    }

    pub(crate) fn groups(&self) -> &[u8] {
        &self.groups
    }
}

#[cfg(test)]
mod tests {
    use super::Lessons;

    #[test]
    fn what_teaches_nothing_is_left_out() {
        let mut lessons = Lessons::new(2, 1);
        lessons.push(0, &[1.0, 2.0], &[3.0]);
        lessons.push(0, &[1.0, f32::NAN], &[3.0]);
        lessons.push(0, &[1.0, 2.0], &[f32::NAN]);
        lessons.push(0, &[1.0], &[3.0]);
        assert_eq!(lessons.len(), 1);
        lessons.append(lessons.clone());
        lessons.append(Lessons::new(3, 1));
        assert_eq!((lessons.len(), lessons.inputs(1), lessons.answers(1)), (2, &[1.0, 2.0][..], &[3.0][..]));
    }
}
