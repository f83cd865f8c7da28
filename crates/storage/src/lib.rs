//! SQL: migrations, statements, the writer.
