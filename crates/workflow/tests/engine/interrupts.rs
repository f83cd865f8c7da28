//! Questions to people.
