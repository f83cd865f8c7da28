//! What a disk has of a record of writes.

use crate::survive::chance::Chance;
use std::{collections::BTreeMap, fs, path::Path};

/// What a program did to its files, in order, and how long the record was before each.
pub(super) struct Record {
    entries: Vec<(u64, Entry)>,
    length: u64,
}

struct Entry {
    path: String,
    does: Does,
}

enum Does {
    Write(u64, Vec<u8>),
    Truncate(u64),
    Sync,
    Unlink,
}

/// What a disk may keep of a write by itself.
const SECTOR: usize = 512;

#[derive(Default)]
struct File<'a> {
    /// On the disk.
    synced: Option<Vec<u8>>,
    /// On its way there.
    waiting: Vec<&'a Does>,
}

impl Record {
    pub(super) fn read(file: &Path) -> Self {
        let bytes = fs::read(file).unwrap();
        let mut entries = Vec::new();
        let mut rest = &bytes[..];
        while rest.len() >= 17 {
            let number =
                |range: std::ops::Range<usize>| u32::from_le_bytes(rest[range].try_into().unwrap()) as usize;
            let offset = u64::from_le_bytes(rest[1..9].try_into().unwrap());
            let (path, data) = (number(9..13), number(13..17));
            let Some(body) = rest.get(17..17 + path + data) else { break };
            let does = match rest[0] {
                b'w' => Does::Write(offset, body[path..].to_vec()),
                b't' => Does::Truncate(offset),
                b's' => Does::Sync,
                b'u' => Does::Unlink,
                other => panic!("the record is not one: {other}"),
            };
            let path_text = String::from_utf8(body[..path].to_vec()).unwrap();
            rest = &rest[17 + path + data..];
            entries.push(((bytes.len() - rest.len()) as u64, Entry { path: path_text, does }));
        }
        Self { entries, length: bytes.len() as u64 }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The files as the disk has them when the power goes after so much of the record. What was not waited for is dropped, or
    /// with `torn` any part of it is kept, in any order.
    pub(super) fn disk(&self, at: u64, mut torn: Option<Chance>) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::<&str, File<'_>>::new();
        for (_, entry) in self.entries.iter().take_while(|(end, _)| *end <= at) {
            let file = files.entry(&entry.path).or_default();
            match &entry.does {
                Does::Unlink => *file = File::default(),
                Does::Sync => {
                    let synced = file.synced.get_or_insert_default();
                    file.waiting.drain(..).for_each(|does| does.to(synced));
                }
                does => file.waiting.push(does),
            }
        }
        let has = |(path, mut file): (&str, File<'_>)| {
            if let Some(chance) = &mut torn {
                for does in file.waiting {
                    does.partly_to(&mut file.synced, chance);
                }
            }
            Some((path.to_owned(), file.synced?))
        };
        files.into_iter().filter_map(has).collect()
    }
}

impl Does {
    fn to(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => put(file, *offset, data),
            Self::Truncate(length) => file.resize(usize::try_from(*length).unwrap(), 0),
            Self::Sync | Self::Unlink => {}
        }
    }

    /// Some sectors of it.
    fn partly_to(&self, file: &mut Option<Vec<u8>>, chance: &mut Chance) {
        let Self::Write(offset, data) = self else {
            if chance.one_in(2) {
                self.to(file.get_or_insert_default());
            }
            return;
        };
        let mut from = 0;
        while from < data.len() {
            let begins = usize::try_from(*offset).unwrap() + from;
            let to = data.len().min(from + SECTOR - begins % SECTOR);
            if chance.one_in(2) {
                put(file.get_or_insert_default(), begins as u64, &data[from..to]);
            }
            from = to;
        }
    }
}

fn put(file: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let offset = usize::try_from(offset).unwrap();
    let end = offset + data.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(data);
}
