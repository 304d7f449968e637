//! What is of one's own beside what comes with the program: lexica and models, each in a folder that is read at start.

pub mod lexica;
pub mod models;
