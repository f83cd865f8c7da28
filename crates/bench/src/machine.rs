//! What this is measured on, from /proc.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;

/// Processor and cores.
pub(crate) fn describe() -> Result<Value> {
    let processors = fs::read_to_string("/proc/cpuinfo").context("no /proc/cpuinfo")?;
    let cores = std::thread::available_parallelism()?.get();
    Ok(json!({ "processor": model_name(&processors), "cores": cores, "load_average": load_average()? }))
}

fn model_name(processors: &str) -> &str {
    let named = processors.lines().find_map(|line| line.strip_prefix("model name"));
    named.map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']))
}

/// Of the last one, five and fifteen minutes. Above the number of cores somebody else was working too.
pub(crate) fn load_average() -> Result<[f64; 3]> {
    let text = fs::read_to_string("/proc/loadavg").context("no /proc/loadavg")?;
    numbers(&text).context("/proc/loadavg is not understood")
}

fn numbers(text: &str) -> Option<[f64; 3]> {
    let mut words = text.split(' ').map(str::parse);
    Some([words.next()?.ok()?, words.next()?.ok()?, words.next()?.ok()?])
}

/// What a process holds in memory, in MB (1,000,000 bytes).
pub(crate) fn resident_mb(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
    let kib = resident_kib(&status).context("its status says nothing of memory")?;
    Ok(kib * 1.024 / 1000.0)
}

fn resident_kib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_read() {
        assert_eq!(model_name("vendor_id\t: A\nmodel name\t: Some CPU @ 2 GHz\n"), "Some CPU @ 2 GHz");
        assert_eq!(model_name(""), "unknown");
        assert_eq!(numbers("0.53 1.95 1.63 2/94 8130\n"), Some([0.53, 1.95, 1.63]));
        assert_eq!(numbers("nonsense"), None);
        assert_eq!(resident_kib("Name:\tvobio\nVmRSS:\t   41234 kB\n"), Some(41_234.0));
        assert_eq!(resident_kib("Name:\tvobio\n"), None);
    }
}
