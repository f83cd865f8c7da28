//! `make screens`: how every page looks, so that a reviewer sees what a change does to it. docs/look.md says more.

use crate::{
    place,
    serve::{self, Profile},
    setup,
    test::browser,
};
use anyhow::{Result, bail};
use std::{fs, time::SystemTime};

/// What all pictures together may weigh: they are in the repository.
const PICTURES_BYTES_MAX: u64 = 1_600_000;

/// Takes every picture; one that looks as before stays the file it was, and those of a page that is gone go with it.
#[expect(
    clippy::disallowed_methods,
    reason = "when a file was written is the file system's time, not the studio's"
)]
pub(crate) fn run() -> Result<()> {
    let browsing = setup::browsing()?;
    let vobio = serve::build(Profile::Dev)?;
    let folder = place::root().join("docs/screens");
    fs::create_dir_all(&folder)?;
    let begun = SystemTime::now();
    let (vobio, into) = (vobio.display().to_string(), folder.display().to_string());
    browser::playwright(&browsing, "screens", &[("VOBIO_BIN", &vobio), ("VOBIO_SCREENS", &into)])?;

    let (mut pictures, mut bytes) = (0, 0);
    for file in fs::read_dir(&folder)? {
        let (file, data) = file.and_then(|file| Ok((file.path(), file.metadata()?)))?;
        if data.modified()? < begun {
            fs::remove_file(file)?;
        } else {
            (pictures, bytes) = (pictures + 1, bytes + data.len());
        }
    }
    println!("docs/screens: {pictures} pictures, {} kB", bytes / 1000);
    if bytes > PICTURES_BYTES_MAX {
        bail!("the pictures weigh more than {} kB", PICTURES_BYTES_MAX / 1000);
    }
    Ok(())
}
