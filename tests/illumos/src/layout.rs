//! Lays output out in columns.
