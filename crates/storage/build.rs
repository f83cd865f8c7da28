//! A new migration file has to be noticed: `migrate!` reads the folder when the crate is compiled.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
